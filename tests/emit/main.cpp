#define BOOST_TEST_MODULE emit
#include <boost/test/unit_test.hpp>

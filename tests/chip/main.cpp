#define BOOST_TEST_MODULE chip
#include <boost/test/unit_test.hpp>

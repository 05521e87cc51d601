#define BOOST_TEST_MODULE array
#include <boost/test/unit_test.hpp>

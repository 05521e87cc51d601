#define BOOST_TEST_MODULE cosim
#include <boost/test/unit_test.hpp>

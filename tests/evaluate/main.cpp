#define BOOST_TEST_MODULE evaluate
#include <boost/test/unit_test.hpp>

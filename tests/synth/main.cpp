#define BOOST_TEST_MODULE synth
#include <boost/test/unit_test.hpp>

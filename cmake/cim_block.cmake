# add_cim_block(<module> [POINTS "A=1 B=2" …] [ILLEGAL "A=0" …] [PROVE "A=2" …] [MUTANT "A=2" <sed command> …] [MACROS | NO_LINT])
# Registers the per-block checks of tests/rtl/check_block.sh as ctests labelled "block":
#   block.<module>         lint (Verilator -Wall, UNOPTFLAT an error) and elaboration (Yosys, Icarus) at the defaults and
#                          at every point of POINTS; MACROS: also with the flip-flop view of the macros;
#                          NO_LINT: without Verilator, for what cannot be a top module there
#   block.<module>.refuse  parameter points that the elaboration checks must refuse
#   block.<module>.prove   unbounded proof of the CIM_ASSERT properties, for control blocks; one a point
#   block.<module>.refute  the proof must fail on this deliberately broken copy (a point and a command each)
function(add_cim_block module)
  cmake_parse_arguments(ARG "MACROS;NO_LINT" "" "POINTS;ILLEGAL;PROVE;MUTANT" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY CIM_BLOCKS ${module})
  set(views plain)
  if(ARG_MACROS)
    set(views macros)
  elseif(ARG_NO_LINT)
    set(views no_lint)
  endif()
  cim_block_test(block.${module} elaborate ${module} ${views} ${ARG_POINTS})
  if(ARG_ILLEGAL)
    cim_block_test(block.${module}.refuse refuse ${module} ${views} ${ARG_ILLEGAL})
  endif()
  set(number 0)
  foreach(point IN LISTS ARG_PROVE)
    math(EXPR number "${number}+1")
    cim_block_test(block.${module}.prove${number} prove ${module} "${point}")
  endforeach()
  set(number 0)
  while(ARG_MUTANT)
    math(EXPR number "${number}+1")
    list(POP_FRONT ARG_MUTANT point command)
    cim_block_test(block.${module}.refute${number} refute ${module} "${point}" "${command}")
  endwhile()
endfunction()

# One ctest that runs check_block.sh with these arguments in a scratch folder of its own.
function(cim_block_test name)
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/rtl/check_block.sh ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS block TIMEOUT 200
    ENVIRONMENT "ROOT=${CMAKE_SOURCE_DIR};WORK=${CMAKE_CURRENT_BINARY_DIR}/${name}")
endfunction()

# The ctest that fails when a file of rtl/ has no add_cim_block entry (or an entry no file). Call it last.
function(check_cim_blocks_complete)
  get_property(blocks GLOBAL PROPERTY CIM_BLOCKS)
  add_test(NAME block.complete COMMAND ${CMAKE_SOURCE_DIR}/tests/rtl/check_complete.sh ${CMAKE_SOURCE_DIR} ${blocks})
  set_tests_properties(block.complete PROPERTIES LABELS block)
endfunction()

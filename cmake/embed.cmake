# neuspin_embed(<target> <cpp symbol> FILES...): adds to <target> a function
#   const std::map<std::string_view, std::string_view>& neuspin::embedded::<symbol>()   (file name → content)
# declared in embedded/<symbol>.hpp. Files are re-embedded when they change.
function(neuspin_embed target symbol)
  set(out ${CMAKE_BINARY_DIR}/generated/embedded)
  file(MAKE_DIRECTORY ${out})
  add_custom_command(OUTPUT ${out}/${symbol}.cpp ${out}/${symbol}.hpp
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DOUT=${out} "-DFILES=${ARGN}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake VERBATIM)
  # The header is listed too: the sources of <target> that include it then wait for it.
  target_sources(${target} PRIVATE ${out}/${symbol}.cpp ${out}/${symbol}.hpp)
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/generated)
endfunction()

file(GLOB rtl_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/rtl/*.sv ${CMAKE_SOURCE_DIR}/rtl/*.svh ${CMAKE_SOURCE_DIR}/rtl/rtl.f)
file(GLOB behavioral_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/behavioral/*.sv)
file(GLOB blackbox_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/synth/blackbox/*.sv)
file(GLOB portable_tb_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tb/portable/*.sv)
file(GLOB synth_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/synth/lib/*)
file(GLOB flops_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/synth/flops/*.sv)
file(GLOB shim_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tb/shim/*)
file(GLOB device_set_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/behavioral/device/sets/*.toml)
neuspin_embed(neuspin_device device_sets ${device_set_files})
file(GLOB energy_table_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/gen/energy/tables/*.toml)
neuspin_embed(neuspin_energy energy_tables ${energy_table_files})
neuspin_embed(neuspin_emit rtl ${rtl_files})
neuspin_embed(neuspin_emit behavioral ${behavioral_files})
neuspin_embed(neuspin_emit blackbox ${blackbox_files})
neuspin_embed(neuspin_emit portable_tb ${portable_tb_files})
if(synth_files)
  neuspin_embed(neuspin_synth synth_lib ${synth_files})
  neuspin_embed(neuspin_synth flops ${flops_files})
endif()
if(shim_files)
  neuspin_embed(neuspin_tb shim ${shim_files})
endif()

# What the banners of generated files say.
target_compile_definitions(neuspin_emit PUBLIC NEUSPIN_VERSION="${PROJECT_VERSION}")

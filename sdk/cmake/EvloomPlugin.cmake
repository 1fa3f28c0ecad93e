# evloom_add_plugin(): builds one plugin file that evloom admits. The same module serves evloom's own plugins and,
# through find_package(evloom), those of everyone else.
#
#   evloom_add_plugin(<name>
#     SOURCES <file>...               C or C++; paths as in add_library
#     [LIBRARIES <target>...]         linked privately, besides evloom::sdk
#     [OUTPUT_NAME <name>]            name of the file without ".so"; <name> if absent
#     [OUTPUT_DIRECTORY <dir>]        folder of the file; else see EVLOOM_PLUGIN_OUTPUT_DIRECTORY
#     [NO_INSTALL])                   for tests only: never installed, and built into the current binary folder
#
# makes a target <name> that links to <name>.so. Variables read where it is called:
#   EVLOOM_PLUGIN_OUTPUT_DIRECTORY   folder that gets the built file
#   EVLOOM_PLUGIN_INSTALL            if true, `cmake --install` puts it into EVLOOM_PLUGIN_INSTALL_DIR
#   EVLOOM_PLUGIN_INSTALL_DIR        ${CMAKE_INSTALL_LIBDIR}/evloom/plugins if not set
include_guard(GLOBAL)

function(evloom_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "NO_INSTALL" "OUTPUT_NAME;OUTPUT_DIRECTORY" "SOURCES;LIBRARIES")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "evloom_add_plugin(${name}): unknown argument: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "evloom_add_plugin(${name}): SOURCES is missing or empty; name at least one file")
  endif()

  add_library(${name} MODULE ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON
                        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    target_compile_features(${name} PRIVATE c_std_11)
  endif()
  if("CXX" IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_20)
    # A symbol of binding STB_GNU_UNIQUE pins the whole file in the process for good: it could never be swapped out.
    # GCC makes one for each static variable of an inline function or template; clang never does.
    target_compile_options(${name} PRIVATE
      $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fno-gnu-unique>)
  endif()
  target_link_libraries(${name} PRIVATE evloom::sdk ${ARG_LIBRARIES})
  if(EVLOOM_IN_TREE)
    target_link_libraries(${name} PRIVATE evloom_build)  # warnings and sanitizers of this tree
    if(EVLOOM_PLUGIN_INSTALL AND NOT ARG_NO_INSTALL)
      set_property(GLOBAL APPEND PROPERTY EVLOOM_PLUGINS ${name})
    endif()
  endif()

  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/evloom_plugin.map)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${map})
  target_link_options(${name} PRIVATE
    LINKER:--version-script=${map}  # exports evloom_entry alone
    LINKER:-z,now                   # a missing symbol is found at load, not under a request
    LINKER:--build-id=sha1)         # tells two builds of one version apart
  # A symbol that nothing provides is an error of this link already, unless a sanitizer's run-time comes with the
  # program: then it is undefined here by design.
  set(flags "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${CMAKE_MODULE_LINKER_FLAGS}")
  if(NOT EVLOOM_SANITIZE AND NOT flags MATCHES "-fsanitize=")
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()

  if(ARG_OUTPUT_NAME)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${ARG_OUTPUT_NAME})
  endif()
  if(NOT ARG_OUTPUT_DIRECTORY AND NOT ARG_NO_INSTALL)
    set(ARG_OUTPUT_DIRECTORY ${EVLOOM_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  if(ARG_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ARG_OUTPUT_DIRECTORY})
  endif()

  if(EVLOOM_PLUGIN_INSTALL AND NOT ARG_NO_INSTALL)
    if(NOT EVLOOM_PLUGIN_INSTALL_DIR)
      include(GNUInstallDirs)
      set(EVLOOM_PLUGIN_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR}/evloom/plugins)
    endif()
    install(TARGETS ${name} LIBRARY DESTINATION ${EVLOOM_PLUGIN_INSTALL_DIR} COMPONENT plugins)
  endif()
endfunction()

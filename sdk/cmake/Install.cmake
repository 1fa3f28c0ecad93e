# What an author finds in an installation: headers, the CMake package with evloom_add_plugin, and evloom.pc.
# The whole is relocatable: nothing in it names the prefix.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/evloom)

install(DIRECTORY include/evloom DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk
        FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(TARGETS evloom_sdk EXPORT evloomTargets)
install(EXPORT evloomTargets NAMESPACE evloom:: DESTINATION ${package_dir} COMPONENT sdk)
configure_package_config_file(cmake/evloomConfig.cmake.in evloomConfig.cmake INSTALL_DESTINATION ${package_dir}
                              NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change what a plugin sees; the host itself goes by the ABI version in the file.
write_basic_package_version_file(evloomConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/evloomConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/evloomConfigVersion.cmake
              cmake/EvloomPlugin.cmake cmake/evloom_plugin.map
        DESTINATION ${package_dir} COMPONENT sdk)

# evloom.pc finds the prefix from where it lies itself.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
configure_file(cmake/evloom.pc.in evloom.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/evloom.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sdk)

if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/template)
  install(DIRECTORY template/ DESTINATION ${CMAKE_INSTALL_DATADIR}/evloom/template COMPONENT sdk)
endif()

# Target api: the reference of the SDK by Doxygen, in sdk/api/html of the build. Not part of `all`.
add_custom_target(api
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/api/reference.sh ${CMAKE_CURRENT_BINARY_DIR}/api
          ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/testkit/include
  USES_TERMINAL VERBATIM)

# Target sdk_headers_check: every SDK header compiles alone and twice over, those of the ABI both as strict C11 and as C++20.
# One object of one include each, so a header that leans on another's includes fails here and not at an author's.
if(NOT EVLOOM_TESTS OR EVLOOM_SANITIZE)
  return()
endif()

file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/include
     ${CMAKE_CURRENT_SOURCE_DIR}/include/*.h ${CMAKE_CURRENT_SOURCE_DIR}/include/*.hpp)
file(GLOB_RECURSE kit_headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/testkit/include
     ${CMAKE_CURRENT_SOURCE_DIR}/testkit/include/*.hpp)
list(APPEND headers ${kit_headers})
set(units)
foreach(header IN LISTS headers)
  set(languages cpp)
  if(header MATCHES "\\.h$")
    set(languages c cpp)
  endif()
  string(REPLACE / _ stem ${header})
  foreach(language IN LISTS languages)
    set(unit ${CMAKE_CURRENT_BINARY_DIR}/headers_check/${stem}.${language})
    file(CONFIGURE OUTPUT ${unit} @ONLY CONTENT
         "#include \"@header@\"\n#include \"@header@\"\nextern int sdk_header_compiles_alone;\n")
    list(APPEND units ${unit})
  endforeach()
endforeach()

if(units)
  add_library(sdk_headers_check OBJECT ${units})
  target_link_libraries(sdk_headers_check PRIVATE evloom_sdk)
  target_include_directories(sdk_headers_check PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/testkit/include)
  target_compile_options(sdk_headers_check PRIVATE
    -Wall -Wextra -Wpedantic -pedantic-errors -Wconversion -Wshadow -Werror -O0 -g0
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
  set_target_properties(sdk_headers_check PROPERTIES C_EXTENSIONS OFF CXX_EXTENSIONS OFF)
endif()

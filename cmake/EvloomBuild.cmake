# What every target of this tree is built with: the language level, the warnings, the sanitizers, the output folders.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# The tree of the build is the tree of an installation, so a program finds its plugins the same way in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(EVLOOM_PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/evloom/plugins)
set(EVLOOM_PLUGIN_INSTALL ON)

add_library(evloom_build INTERFACE)
target_compile_options(evloom_build INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(EVLOOM_WERROR)
  target_compile_options(evloom_build INTERFACE -Werror)
endif()
if(EVLOOM_SANITIZE)
  target_compile_options(evloom_build INTERFACE -fsanitize=${EVLOOM_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(evloom_build INTERFACE -fsanitize=${EVLOOM_SANITIZE})
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# Files of a folder as C++: run by a build step as
#   cmake -DFOLDER=<folder> -DFILES=<a;b/c> -DOUT=<file.cpp> -DHEADER=<header> -DNAME=<function> -P EmbedFolder.cmake
# OUT defines `const std::vector<EmbeddedFile>& NAME()`, as HEADER declares it. A compiler takes string literals of any
# length, but the standard promises 65,536 bytes: no file may be longer.
set(text "// Made by cmake/EmbedFolder.cmake from ${FOLDER}; do not edit.\n#include \"${HEADER}\"\n\n")
string(APPEND text "namespace evloom::cli {\n\nconst std::vector<EmbeddedFile>& ${NAME}() {\n")
string(APPEND text "  static const std::vector<EmbeddedFile> files = {\n")
foreach(file IN LISTS FILES)
  file(SIZE ${FOLDER}/${file} size)
  if(size GREATER 65000)
    message(FATAL_ERROR "${FOLDER}/${file} is too long to be embedded")
  endif()
  file(READ ${FOLDER}/${file} content)
  string(APPEND text "      {\"${file}\", R\"evloom(${content})evloom\"},\n")
endforeach()
string(APPEND text "  };\n  return files;\n}\n\n}  // namespace evloom::cli\n")
file(WRITE ${OUT} "${text}")

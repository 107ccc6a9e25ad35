# cmake -DOUTPUT=x.cc "-DFILES=a.toml;b.toml" -P embed.cmake: the files as C++ raw strings.
set(source "// Generated from suites/requirements/*.toml by embed.cmake.\n")
string(APPEND source "#include \"harness/testbed/embedded_catalogue.h\"\n\n")
string(APPEND source "namespace sockspec {\n\n")
string(APPEND source "std::map<std::string, std::string> EmbeddedRequirementFiles() {\n  return {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  # One literal a requirement: compilers limit the length of a literal, not that of a sequence.
  string(REPLACE "\n[[requirement]]" ")__\"\n      R\"__(\n[[requirement]]" text "${text}")
  string(APPEND source "      {\"${name}\", R\"__(${text})__\"},\n")
endforeach()
string(APPEND source "  };\n}\n\n}  // namespace sockspec\n")
file(WRITE ${OUTPUT} "${source}")

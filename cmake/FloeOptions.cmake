# Compiler settings of every target, and the function that declares a folder of src/ as a component.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

# What was compiled once with the same input is taken from ccache, if that is installed. It takes files with precompiled headers
# only when told that those name what they depend on.
find_program(FLOE_CCACHE ccache)
if(FLOE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${FLOE_CCACHE})
endif()

add_library(floe_options INTERFACE)
target_include_directories(floe_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
target_compile_options(floe_options INTERFACE -Wall -Wextra -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(floe_options INTERFACE -Wno-restrict)  # false alarms on std::string in 12
endif()
# Fused multiply-adds only where a kernel writes them: the reference backend's sums must not depend on the compiler.
target_compile_options(floe_options INTERFACE -ffp-contract=off)
if(FLOE_WERROR)
  target_compile_options(floe_options INTERFACE -Werror)
endif()
if(FLOE_SANITIZE)
  target_compile_options(floe_options INTERFACE -fsanitize=${FLOE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(floe_options INTERFACE -fsanitize=${FLOE_SANITIZE})
  if(FLOE_SANITIZE MATCHES "undefined")
    # What that finds the address sanitizer finds better, and it is up to a third of the time to compile a file.
    target_compile_options(floe_options INTERFACE -fno-sanitize=object-size)
  endif()
endif()
if(FLOE_COVERAGE)
  target_compile_options(floe_options INTERFACE --coverage -fprofile-update=atomic)  # threads count, too
  target_link_options(floe_options INTERFACE --coverage)
endif()

# Code that runs once a build or a load, not once a pixel, is optimised for size: the runtime library shall stay
# below 3 MB.
set(FLOE_SMALL $<$<CONFIG:Release>:-Os>)
# Relocations take a fraction of the space where the linker packs them and the C library, from 2.36 on, reads that.
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
check_cxx_source_compiles("#include <features.h>
#if !__GLIBC_PREREQ(2, 36)
#error
#endif
int main() {}" FLOE_LIBC_READS_RELR)
check_linker_flag(CXX -Wl,-z,pack-relative-relocs FLOE_LINKER_WRITES_RELR)
# Only Floe's own names leave a shared library: those of templates from other libraries would be a third of it. Its own
# calls of them need no table, and what nobody calls is left out.
function(floe_export_own_names target)
  set(script ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  target_link_options(${target} PRIVATE -Wl,--version-script=${script} -Wl,-Bsymbolic-functions -Wl,--gc-sections)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  if(FLOE_LIBC_READS_RELR AND FLOE_LINKER_WRITES_RELR)
    target_link_options(${target} PRIVATE -Wl,-z,pack-relative-relocs)
  endif()
endfunction()

# A third of the time to compile a file is that of reading the standard library's headers and fmt's, which a component reads
# once for all its files. Those with flags of their own read them by themselves. What a file forgets to include scripts/tidy
# shows, which reads each by itself.
option(FLOE_PRECOMPILED_HEADERS "Read the headers that most files need once a component; off: each file shows what it lacks" ON)
function(floe_precompile_headers target)
  if(FLOE_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <cstdint> <functional> <map> <memory> <optional> <set> <span> <string> <string_view> <unordered_map>
      <vector> <fmt/format.h> ${ARGN})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # Else what ccache keeps would differ from build to build.
      target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
  endif()
endfunction()

# floe_file_flags(TARGET "flags" file...): flags for these files alone.
function(floe_file_flags target flags)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES
    COMPILE_OPTIONS "${flags}" SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# floe_component(NAME [source...]): the folder's code as an object library floe_NAME. The shared libraries in
# src/CMakeLists.txt gather components; who may include whom is checked by scripts/check_includes.py.
function(floe_component name)
  if(NOT ARGN)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.cc "")
    set(ARGN ${CMAKE_CURRENT_BINARY_DIR}/empty.cc)
  endif()
  add_library(floe_${name} OBJECT ${ARGN})
  target_link_libraries(floe_${name} PUBLIC floe_options)
  floe_precompile_headers(floe_${name})
endfunction()

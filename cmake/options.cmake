option(TOLLGATE_TESTS "Build the tests" ON)
option(TOLLGATE_PRECOMPILED "Start every file from one precompiled header of system headers (clang only)" ON)
option(TOLLGATE_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(TOLLGATE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What it needs to know a precompiled header by the sum beside it; and no preprocessing of what it does not hold.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 CCACHE_PCH_EXTSUM=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

# Debug information that is enough for a stack trace; full -g doubles the link.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
# Optimising takes longer than it saves the tests; a fuzzer runs long enough for it.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
if(TOLLGATE_FUZZ)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()
add_compile_options(-fno-omit-frame-pointer -fdebug-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

add_library(tollgate_warnings INTERFACE)
target_compile_options(tollgate_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Wimplicit-fallthrough
  -Werror)

if(TOLLGATE_SANITIZE)
  add_compile_options(-fsanitize=${TOLLGATE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TOLLGATE_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TOLLGATE_SANITIZE)
    # 5 % less CPU a request. The cache keeps what has not changed from the next link.
    add_compile_options(-flto=thin)
    add_link_options(-flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto)
  endif()
endif()

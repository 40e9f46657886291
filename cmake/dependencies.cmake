# Every dependency is a Debian 12 package; scripts/packages.txt names them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(mimalloc REQUIRED)
if(TOLLGATE_TESTS)
  find_package(GTest REQUIRED)
endif()

# Asio, compiled once.
add_library(tollgate_asio STATIC cmake/precompiled/asio.cpp)
add_library(tollgate::asio ALIAS tollgate_asio)
target_link_libraries(tollgate_asio PUBLIC Boost::headers Threads::Threads OpenSSL::SSL)
target_compile_definitions(tollgate_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
  # Frames of coroutines go to the program's allocator: Asio's own cache holds none above 1 KB, and looks through all it
  # has before it gives up.
  BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=4)

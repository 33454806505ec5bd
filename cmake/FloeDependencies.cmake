# Every library that Floe links. The Debian package of each stands in scripts/packages.txt, which
# scripts/check_packages.py compares with this file.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)                                   # deb: libfmt-dev
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash) # deb: libxxhash-dev
find_package(Protobuf REQUIRED)                              # deb: libprotobuf-dev protobuf-compiler
find_package(ONNX REQUIRED)                                  # deb: libonnx-dev
find_package(ZLIB REQUIRED)                                  # deb: zlib1g-dev
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)    # deb: libzip-dev
find_package(Snappy REQUIRED)                                # deb: libsnappy-dev
find_package(CLI11 REQUIRED)                                 # deb: libcli11-dev
find_package(nlohmann_json REQUIRED)                         # deb: nlohmann-json3-dev
find_package(JPEG REQUIRED)                                  # deb: libjpeg62-turbo-dev
find_package(PNG REQUIRED)                                   # deb: libpng-dev
find_package(OpenSSL REQUIRED COMPONENTS Crypto)             # deb: libssl-dev
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib) # deb: libcpp-httplib-dev
if(FLOE_TESTS)
  find_package(GTest REQUIRED)                               # deb: libgtest-dev libgmock-dev
endif()
if(FLOE_BENCHMARKS)
  find_package(benchmark REQUIRED)                           # deb: libbenchmark-dev
endif()

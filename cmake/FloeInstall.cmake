# cmake --install: the libraries, their headers, the program, and what find_package(floe) needs. The tree may be moved
# afterwards: libraries are found relative to the file that needs them.
include(CMakePackageConfigHelpers)

set(floe_libraries floe_runtime_lib floe_image_lib floe_compiler_lib)
set(floe_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/floe)

file(RELATIVE_PATH floe_bin_to_lib
  ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(${floe_libraries} PROPERTIES INSTALL_RPATH "$ORIGIN")
if(TARGET floe)
  set_target_properties(floe PROPERTIES INSTALL_RPATH "$ORIGIN/${floe_bin_to_lib}")
  install(TARGETS floe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(NOT CMAKE_CROSSCOMPILING)
    # The program tells its own manual page and completions.
    set(floe_help ${PROJECT_BINARY_DIR}/help)
    foreach(pair "man|floe.1" "completion bash|floe.bash" "completion zsh|_floe" "completion fish|floe.fish")
      string(REPLACE "|" ";" pair "${pair}")
      list(GET pair 0 words)
      list(GET pair 1 file)
      install(CODE "file(MAKE_DIRECTORY \"${floe_help}\")
        execute_process(COMMAND \"$<TARGET_FILE:floe>\" ${words} OUTPUT_FILE \"${floe_help}/${file}\" COMMAND_ERROR_IS_FATAL ANY)")
    endforeach()
    install(FILES ${floe_help}/floe.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${floe_help}/floe.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME floe)
    install(FILES ${floe_help}/_floe DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${floe_help}/floe.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  endif()
endif()

install(TARGETS ${floe_libraries} EXPORT floeTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/floe DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# floe::runtime, floe::image, floe::compiler. Their headers need nothing beyond C++20, so there is nothing to find.
install(EXPORT floeTargets NAMESPACE floe:: DESTINATION ${floe_package_folder})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/floeConfig.cmake.in ${PROJECT_BINARY_DIR}/floeConfig.cmake
  INSTALL_DESTINATION ${floe_package_folder} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/floeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/floeConfig.cmake ${PROJECT_BINARY_DIR}/floeConfigVersion.cmake
  DESTINATION ${floe_package_folder})

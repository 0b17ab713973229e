// The version of the compiled library; the build passes default_version of pgqrs.control.
#pragma once

#include <string_view>

#ifndef PGQRS_VERSION
#error "PGQRS_VERSION must be defined by the build"
#endif

namespace pgqrs::core {

inline constexpr std::string_view kVersion = PGQRS_VERSION;

}  // namespace pgqrs::core

// The version is exactly what the build passes. The build of the unit tests passes none, so this file does.
#undef PGQRS_VERSION
#define PGQRS_VERSION "12.34"

#include <string_view>

#include "catch.hpp"
#include "core/version.hpp"

TEST_CASE("the version is the one the build passed") {
    CHECK(pgqrs::core::kVersion == "12.34");
    static_assert(pgqrs::core::kVersion.size() == 5, "usable at compile time");
}

// The version of these headers, for the preprocessor; tests compare it with pgqrs.control.
// Threads and ABI: macros, fixed when the program is compiled.
#pragma once

#define PGQRS_VERSION_MAJOR 1
#define PGQRS_VERSION_MINOR 0
#define PGQRS_VERSION "1.0"
// For comparisons: 1.2 is 102.
#define PGQRS_VERSION_NUMBER (PGQRS_VERSION_MAJOR * 100 + PGQRS_VERSION_MINOR)

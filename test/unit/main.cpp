// The main function of the unit tests, for both versions of Catch2; version 2 is compiled here, once.
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }

// The client library, all of it: #include <pgqrs/client.hpp>, link with `pkg-config --libs pgqrs`.
//
// ABI: the soname changes with the major version. Within one, a program that was compiled with the headers of another
// minor version has to be compiled again: structs get members, and classes change inside. The library and the headers
// belong to the same release, compiled by compilers with the same C++ library. Source stays compatible within a major
// version. Each header says which of its classes change, and which do not.
//
// Threads: an object belongs to one thread at a time, unless its header says otherwise (Pool, Stop, work()). Different
// objects may be used by different threads at the same time if they do not share a Connection. Plain structs are values.
#pragma once

#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/config.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/error.hpp"
#include "pgqrs/client/error_code.hpp"
#include "pgqrs/client/failure.hpp"
#include "pgqrs/client/json_check.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/pool.hpp"
#include "pgqrs/client/producer.hpp"
#include "pgqrs/client/run_info.hpp"
#include "pgqrs/client/stop.hpp"
#include "pgqrs/client/tables.hpp"
#include "pgqrs/client/time.hpp"
#include "pgqrs/client/validation.hpp"
#include "pgqrs/client/version.hpp"
#include "pgqrs/client/work.hpp"
#include "pgqrs/client/workflow.hpp"
#include "pgqrs/client/workflows.hpp"

// The client library, all of it: #include <pgqrs/client.hpp>, link with `pkg-config --libs pgqrs`.
#pragma once

#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/config.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/error.hpp"
#include "pgqrs/client/json_check.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/pool.hpp"
#include "pgqrs/client/producer.hpp"
#include "pgqrs/client/stop.hpp"
#include "pgqrs/client/tables.hpp"
#include "pgqrs/client/time.hpp"
#include "pgqrs/client/validation.hpp"
#include "pgqrs/client/work.hpp"

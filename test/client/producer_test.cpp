// Enqueueing: what is stored, in which order, and what is refused before and by the server.
#include "support.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Consumer;
using pgqrs::EnqueueOptions;
using pgqrs::NewMessage;
using pgqrs::Producer;
using pgqrs::TimePoint;
using test::argument_error;
using test::server_error;

namespace {

TimePoint server_now(pgqrs::Connection& connection) {
    return TimePoint(pgqrs::Duration(
        connection.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
            .integer(0, 0)));
}

std::string stored(pgqrs::Connection& connection, const std::string& queue, std::int64_t id,
                   const std::string& what) {
    return test::value(connection,
                       "SELECT (" + what + ")::text FROM pgqrs.get_message($1, $2::bigint)",
                       {queue, std::to_string(id)});
}

}  // namespace

TEST_CASE("payloads of every kind arrive as they are", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    Consumer consumer(connection, producer.queue());
    const std::vector<json> payloads = {nullptr,
                                        true,
                                        0,
                                        -5,
                                        1.5,
                                        "text",
                                        "",
                                        "quote \" backslash \\ brace {}, comma",
                                        json::array(),
                                        json::object(),
                                        json::array({1, "a", nullptr}),
                                        json{{"a", {{"b", json::array({1, 2})}}}},
                                        "Grüße 日本語 🙂",
                                        "\n\t\x01",
                                        INT64_MAX,
                                        UINT64_MAX,
                                        json{{"\"key\"", 1}}};
    std::vector<std::int64_t> ids;
    for (const auto& payload : payloads) {
        ids.push_back(producer.enqueue(payload));
    }
    const auto batch = producer.batch_enqueue(payloads);
    ids.insert(ids.end(), batch.begin(), batch.end());
    const auto messages = consumer.dequeue_batch(100);
    REQUIRE(messages.size() == 2 * payloads.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        INFO(payloads[i % payloads.size()].dump());
        CHECK(messages[i].id == ids[i]);
        CHECK(messages[i].payload_json() == payloads[i % payloads.size()]);
    }
}

TEST_CASE("numbers keep all their digits", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    const std::string digits =
        R"({"n": 123456789012345678901234567890.123456789012345678901234567890})";
    producer.batch_enqueue(std::vector<NewMessage>{{digits}});
    CHECK(Consumer(connection, producer.queue()).dequeue().value().payload == digits);
}

TEST_CASE("what jsonb cannot hold is refused", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    CHECK(server_error([&] { producer.enqueue(json(std::string("a\0b", 3))); }) == "22P05");
    CHECK(server_error([&] { producer.enqueue(json{{std::string("a\0b", 3), 1}}); }) == "22P05");
    CHECK(server_error([&] { producer.batch_enqueue(std::vector<NewMessage>{{R"("\u0000")"}}); }) ==
          "22P05");
    CHECK(argument_error([&] { producer.enqueue("\xff\xfe"); }) == "PQ005");
    CHECK(argument_error([&] { producer.enqueue(json{{"a", "\xc3"}}); }) == "PQ005");
    CHECK(argument_error([&] { producer.batch_enqueue(std::vector<json>{1, "\xff"}); }) == "PQ005");
    for (const std::string text :
         {"", "{", "{'a': 1}", "nan", "1 2", "\"\xff\"", "[1,]", "\"a\nb\""}) {
        INFO(text);
        const auto error = test::raised<pgqrs::InvalidArgument>([&] {
            producer.batch_enqueue(std::vector<NewMessage>{{"1"}, {text}});
        });
        CHECK(error.sqlstate() == "PQ005");
        CHECK_THAT(error.what(), test::has("payload 2"));
    }
    CHECK(Consumer(connection, producer.queue()).peek(5).empty());
}

TEST_CASE("a payload that is nested without end is refused and does not end the process",
          "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    for (const std::size_t depth : {100'000, 400'000}) {
        const std::string text = std::string(depth, '[') + std::string(depth, ']');
        const json payload = json::parse(text);
        CHECK(argument_error([&] { producer.enqueue(payload); }) == "PQ005");
        CHECK_THROWS_AS(producer.batch_enqueue(std::vector<NewMessage>{{text}}), pgqrs::Error);
        EnqueueOptions options;
        options.headers = {{"deep", nullptr}};
        options.headers["deep"] = json::parse(text);
        CHECK(argument_error([&] { producer.enqueue(1, options); }) == "PQ005");
    }
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("priority, delay, headers and type are stored", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    EnqueueOptions options;
    options.priority = 2;
    options.delay = 1h;
    options.headers = {{"trace", "x\"y"}};
    options.type = "mail";
    const auto all = [&](std::int64_t id) {
        return stored(connection, producer.queue(), id,
                      "concat_ws('|', priority, headers, available_at - enqueued_at)");
    };
    const std::string expected = R"(2|{"type": "mail", "trace": "x\"y"}|01:00:00)";
    CHECK(all(producer.enqueue(1, options)) == expected);
    for (const auto id : producer.batch_enqueue(std::vector<json>{1, 2}, options)) {
        CHECK(all(id) == expected);
    }
    CHECK(all(producer.enqueue(1)) == "5|00:00:00");
    CHECK(all(producer.enqueue(1, {.type = "t"})) == R"(5|{"type": "t"}|00:00:00)");
    CHECK(all(producer.enqueue(1, {.headers = json::object()})) == "5|{}|00:00:00");
}

TEST_CASE("each message of a batch may have headers of its own", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    const auto ids = producer.batch_enqueue(
        std::vector<NewMessage>{{"1", R"({"type": "own"})"}, {"2"}, {"3", "{}"}},
        {.type = "common"});
    REQUIRE(ids.size() == 3);
    const auto headers = [&](int i) {
        return stored(connection, producer.queue(), ids[i], "headers");
    };
    CHECK(headers(0) == R"({"type": "own"})");
    CHECK(headers(1) == R"({"type": "common"})");
    CHECK(headers(2) == "{}");
    const auto mixed = producer.batch_enqueue(std::vector<NewMessage>{{"1"}, {"2", R"({"a": 1})"}});
    CHECK(stored(connection, producer.queue(), mixed[0], "headers IS NULL") == "true");
    CHECK(stored(connection, producer.queue(), mixed[1], "headers") == R"({"a": 1})");
}

TEST_CASE("bad options and headers are refused before the round trip", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    CHECK(argument_error([&] { producer.enqueue(1, {.priority = 10}); }) == "PQ010");
    CHECK(argument_error([&] { producer.enqueue(1, {.priority = -1}); }) == "PQ010");
    CHECK(argument_error([&] { producer.enqueue(1, {.delay = -1s}); }) == "PQ010");
    CHECK(argument_error([&] { producer.enqueue(1, {.delay = 24h * 366 * 200}); }) == "PQ010");
    CHECK(argument_error([&] { producer.enqueue(1, {.headers = json::array()}); }) == "PQ005");
    CHECK(argument_error([&] { producer.enqueue(1, {.headers = "text"}); }) == "PQ005");
    CHECK(argument_error([&] { producer.enqueue(1, {.headers = {{"a", "\xff"}}}); }) == "PQ005");
    CHECK(argument_error([&] { producer.enqueue(1, {.type = "\xff"}); }) == "PQ005");
    CHECK(argument_error([&] { producer.enqueue_delayed(1, -1s); }) == "PQ010");
    CHECK(argument_error([&] { producer.batch_enqueue(std::vector<json>{1}, {.priority = 10}); }) ==
          "PQ010");
    CHECK(argument_error([&] {
              producer.batch_enqueue(std::vector<NewMessage>{{"1"}}, {.delay = -1s});
          }) == "PQ010");
    for (const std::string headers : {"[]", "1", "null", "{", ""}) {
        INFO(headers);
        CHECK_THROWS_AS(producer.batch_enqueue(std::vector<NewMessage>{{"1", headers}}),
                        pgqrs::Error);
    }
    CHECK(Consumer(connection, producer.queue()).peek(5).empty());
}

TEST_CASE("a delay and a time hold a message back", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    Consumer consumer(connection, producer.queue());
    const auto delayed = producer.enqueue_delayed("delayed", 1h);
    const auto at = server_now(connection) + 2h;
    const auto timed = producer.enqueue_at("timed", at, {.priority = 1});
    CHECK_FALSE(consumer.dequeue().has_value());
    pgqrs::Messages messages(connection);
    CHECK(messages.get(delayed)->available_at - messages.get(delayed)->enqueued_at == 1h);
    CHECK(messages.get(timed)->available_at == at);
    CHECK(messages.get(timed)->priority == 1);
    CHECK(server_error([&] { producer.enqueue_at(1, server_now(connection) - 1h); }) == "PQ010");
    CHECK(argument_error([&] { producer.enqueue_at(1, at, {.delay = 1s}); }) == "PQ010");
    producer.enqueue_delayed("soon", 50ms);
    CHECK(consumer.dequeue(30s)->payload == "\"soon\"");
}

TEST_CASE("a queue that does not exist shows at the first call, a name that cannot exist at once",
          "[server]") {
    auto connection = test::connect();
    Producer producer(connection, "there-is-none");
    CHECK(server_error([&] { producer.enqueue(1); }) == "PQ002");
    CHECK(server_error([&] { producer.batch_enqueue(std::vector<json>{1}); }) == "PQ002");
    CHECK(server_error([&] { producer.enqueue_at(1, server_now(connection) + 1h); }) == "PQ002");
    CHECK(server_error([&] { static_cast<void>(producer.extend_visibility(1, 1s)); }) == "PQ002");
    for (const std::string name : {"", "with space", "ümlaut", "a/b", "x;y"}) {
        INFO(name);
        CHECK(argument_error([&] { Producer(connection, name); }) == "PQ004");
        CHECK(argument_error([&] { Consumer(connection, name); }) == "PQ004");
    }
    CHECK(argument_error([&] { Producer(connection, std::string(64, 'x')); }) == "PQ004");
    CHECK(argument_error([&] { Producer(connection, std::string("a\0b", 3)); }) == "PQ004");
}

TEST_CASE("the rules of the configuration count, or those given", "[server]") {
    auto config = test::config();
    config.validation.required_keys = {"kind"};
    config.validation.max_payload_bytes = 30;
    pgqrs::Connection connection(config);
    const auto queue = test::new_queue();
    Producer producer(connection, queue);
    CHECK(argument_error([&] { producer.enqueue(1); }) == "PQ005");
    CHECK(argument_error([&] { producer.enqueue({{"kind", std::string(30, 'x')}}); }) == "PQ005");
    const auto error = test::raised<pgqrs::InvalidArgument>([&] {
        producer.batch_enqueue(std::vector<json>{{{"kind", 1}}, {{"kind", 2}}, {{"kin", 3}}});
    });
    CHECK_THAT(error.what(), test::has("payload 3") && test::has("kind"));
    CHECK(argument_error([&] {
              producer.batch_enqueue(std::vector<NewMessage>{{R"({"kin": 1})"}});
          }) == "PQ005");
    CHECK(producer.enqueue({{"kind", 1}}) > 0);
    Producer free(connection, queue, pgqrs::Validation{});
    CHECK(free.enqueue(1) > 0);
    CHECK(free.queue() == queue);
    CHECK(pgqrs::Messages(connection).count_by_queue(queue) == 2);
}

TEST_CASE("the server's own limits hold for what the client lets pass", "[server]") {
    auto connection = test::connect();
    pgqrs::Validation rules;
    rules.max_payload_bytes = 100'000'000;
    Producer producer(connection, test::new_queue(), rules);
    CHECK(server_error([&] { producer.enqueue(std::string(1'100'000, 'x')); }) == "PQ005");
    CHECK(argument_error([&] {
              Producer(connection, producer.queue()).enqueue(std::string(1'100'000, 'x'));
          }) == "PQ005");
}

TEST_CASE("a batch is all or nothing, however many calls it takes", "[server]") {
    auto config = test::config();
    config.default_batch_size = 3;
    pgqrs::Connection connection(config);
    Producer producer(connection, test::new_queue());
    Consumer consumer(connection, producer.queue());
    CHECK(producer.batch_enqueue(std::vector<json>{}).empty());
    std::vector<NewMessage> messages(10, NewMessage{"1"});
    messages[9].payload = R"("\u0000")";
    CHECK_THROWS_AS(producer.batch_enqueue(messages), pgqrs::ServerError);
    CHECK(consumer.peek(20).empty());
    CHECK_FALSE(connection.in_transaction());
    messages[9].payload = "2";
    const auto ids = producer.batch_enqueue(messages);
    CHECK(ids.size() == 10);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    CHECK(consumer.peek(20).size() == 10);
}

TEST_CASE("ten thousand messages of a kilobyte go in and out without a hang", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    std::vector<json> payloads;
    for (int i = 0; i < 10'000; ++i) {
        payloads.push_back({{"i", i}, {"fill", std::string(1024, 'x')}});
    }
    const auto ids = producer.batch_enqueue(payloads);
    REQUIRE(ids.size() == 10'000);
    Consumer consumer(connection, producer.queue());
    const auto messages = consumer.dequeue_batch(10'000);
    REQUIRE(messages.size() == 10'000);
    bool in_order = true;
    for (int i = 0; i < 10'000; ++i) {
        in_order = in_order && messages[i].id == ids[i] && messages[i].payload_json().at("i") == i;
    }
    CHECK(in_order);
    const auto finished = consumer.archive_batch(messages);
    REQUIRE(finished.size() == 10'000);
    CHECK(std::all_of(finished.begin(), finished.end(), [](const auto& one) { return one.done; }));
    CHECK(finished[9'999].id == ids[9'999]);
    CHECK(pgqrs::Archive(connection).count_by_queue(producer.queue()) == 10'000);
}

TEST_CASE("a producer can extend a lease", "[server]") {
    auto connection = test::connect();
    Producer producer(connection, test::new_queue());
    Consumer consumer(connection, producer.queue());
    const auto id = producer.enqueue(1);
    const auto message = consumer.dequeue().value();
    CHECK(producer.extend_visibility(id, 1h, message.read_ct));
    CHECK(pgqrs::Messages(connection).get(id)->vt > message.vt);
    CHECK_FALSE(producer.extend_visibility(id, 1h, message.read_ct + 1));
    CHECK(producer.extend_visibility(id, 1h));
    CHECK_FALSE(producer.extend_visibility(id + 1'000'000, 1h));
}

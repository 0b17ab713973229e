// Rights of roles on single queues.
#include "support.hpp"

using nlohmann::json;
using pgqrs::Admin;
using pgqrs::Privilege;
using pgqrs::Producer;
using test::server_error;

namespace {

struct Fixture {
    Fixture() { connection.execute("CREATE ROLE " + role + " LOGIN"); }
    ~Fixture() {
        connection.execute("DROP OWNED BY " + role);
        connection.execute("DROP ROLE " + role);
    }
    pgqrs::Connection connection = test::connect();
    Admin admin{connection};
    std::string queue = test::new_queue();
    std::string role = test::unique_name("role");

    pgqrs::Connection as_role() const { return pgqrs::Connection(test::dsn() + " user=" + role); }
};

}  // namespace

TEST_CASE("a role can do what it was granted, and no more", "[server]") {
    Fixture f;
    CHECK(f.admin.list_grants(f.queue).empty());
    CHECK(f.admin.grant_queue(f.queue, f.role, Privilege::produce));
    CHECK_FALSE(f.admin.grant_queue(f.queue, f.role, Privilege::produce));
    CHECK(f.admin.grant_queue(f.queue, f.role, Privilege::monitor));
    {
        auto connection = f.as_role();
        CHECK(Producer(connection, f.queue).enqueue(json{{"a", 1}}) > 0);
        CHECK(Producer(connection, f.queue)
                  .batch_enqueue(std::vector<pgqrs::NewMessage>{{.payload = "1", .max_attempts = 2},
                                                                {.payload = "2", .priority = 1}})
                  .size() == 2);
        CHECK(Admin(connection).queue_metrics(f.queue).messages == 3);
        CHECK(Admin(connection).worker_health(f.queue).size() == 1);
        CHECK(server_error([&] { pgqrs::Consumer(connection, f.queue).dequeue(); }) == "42501");
        CHECK(server_error([&] { Admin(connection).list_grants(f.queue); }) == "42501");
        CHECK(server_error([&] {
                  Admin(connection).grant_queue(f.queue, f.role, Privilege::manage);
              }) == "42501");
        CHECK(server_error([&] {
                  Admin(connection).revoke_queue(f.queue, f.role, Privilege::produce);
              }) == "42501");
    }
    const auto grants = f.admin.list_grants(f.queue);
    REQUIRE(grants.size() == 2);
    CHECK(grants[0].queue == f.queue);
    CHECK(grants[0].role == f.role);
    CHECK(grants[0].valid);
    CHECK_FALSE(grants[0].granted_by.empty());
    CHECK(grants[0].granted_at > pgqrs::TimePoint());
    CHECK(grants[0].privilege != grants[1].privilege);
    const auto all = f.admin.list_grants();
    CHECK(std::count_if(all.begin(), all.end(),
                        [&](const auto& grant) { return grant.queue == f.queue; }) == 2);

    CHECK(f.admin.revoke_queue(f.queue, f.role, Privilege::produce));
    CHECK_FALSE(f.admin.revoke_queue(f.queue, f.role, Privilege::produce));
    CHECK(f.admin.list_grants(f.queue).at(0).privilege == Privilege::monitor);
    CHECK(f.admin.revoke_queue(f.queue, f.role, Privilege::monitor));
    auto connection = f.as_role();
    CHECK(server_error([&] { Producer(connection, f.queue).enqueue(1); }) == "42501");
}

TEST_CASE("rights that cannot be given are refused", "[server]") {
    Fixture f;
    CHECK(server_error([&] { f.admin.grant_queue("none-such", f.role, Privilege::manage); }) ==
          "PQ002");
    CHECK(server_error([&] { f.admin.grant_queue(f.queue, "none-such", Privilege::manage); }) ==
          "PQ010");
    CHECK(server_error([&] { f.admin.grant_queue(f.queue, f.role, Privilege::unknown); }) ==
          "PQ010");
    CHECK(server_error([&] { f.admin.revoke_queue("none-such", f.role, Privilege::manage); }) ==
          "PQ002");
    CHECK(server_error([&] { f.admin.revoke_queue(f.queue, "none-such", Privilege::manage); }) ==
          "PQ010");
    CHECK(server_error([&] { f.admin.list_grants("none-such"); }) == "PQ002");
    CHECK(std::string(to_string(Privilege::consume)) == "consume");
}

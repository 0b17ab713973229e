// A dispatcher calls the handler of the message's type.
#include "support.hpp"

using pgqrs::Dispatcher;
using pgqrs::Job;

namespace {

struct Mail {
    std::string to;
};

void from_json(const nlohmann::json& json, Mail& mail) { json.at("to").get_to(mail.to); }

// A job that only has its message.
class MessageOnly : public Job {
public:
    MessageOnly(std::string payload, std::optional<std::string> headers) {
        message_.id = 17;
        message_.payload = std::move(payload);
        message_.headers = std::move(headers);
    }
    const pgqrs::Message& message() const override { return message_; }
    bool lease_lost() const override { return false; }
    bool stopping() const override { return false; }
    pgqrs::Connection& connection() override { throw std::logic_error("no connection"); }
    void finish(const std::function<void(pgqrs::Connection&)>&) override {}
    void archive() override {}
    void remove() override {}
    void release(pgqrs::Duration) override {}
    pgqrs::Failed fail(const std::string&, const pgqrs::FailOptions&) override { return {}; }

private:
    pgqrs::Message message_;
};

}  // namespace

TEST_CASE("the header type chooses the handler, and the payload comes as its type") {
    Dispatcher dispatcher;
    std::string seen;
    dispatcher
        .on<Mail>("mail", [&](const Mail& mail,
                              Job& job) { seen = mail.to + std::to_string(job.message().id); })
        .on_message("raw", [&](Job& job) { seen = job.message().payload; });
    MessageOnly mail(R"({"to": "ada"})", R"({"type": "mail", "more": 1})");
    dispatcher(mail);
    CHECK(seen == "ada17");
    MessageOnly raw("[1]", R"({"type": "raw"})");
    dispatcher(raw);
    CHECK(seen == "[1]");
}

TEST_CASE("a payload of another shape is refused with the message's id") {
    Dispatcher dispatcher;
    dispatcher.on<Mail>("mail", [](const Mail&, Job&) {});
    for (const std::string payload : {"{}", R"({"to": 5})", "[]", "null", "1"}) {
        INFO(payload);
        MessageOnly job(payload, R"({"type": "mail"})");
        const auto error = test::raised<pgqrs::InvalidArgument>([&] { dispatcher(job); });
        CHECK(error.sqlstate() == "PQ005");
        CHECK_THAT(error.what(), test::has("17"));
    }
}

TEST_CASE("what no handler is for fails, or goes to the one for all else") {
    Dispatcher dispatcher;
    dispatcher.on_message("mail", [](Job&) {});
    std::vector<MessageOnly> strangers = {{"{}", std::nullopt},
                                          {"{}", "{}"},
                                          {"{}", R"({"type": "other"})"},
                                          {"{}", R"({"type": 5})"},
                                          {"{}", R"({"type": ""})"}};
    for (auto& job : strangers) {
        CHECK_THROWS(dispatcher(job));
    }
    int others = 0;
    dispatcher.otherwise([&](Job&) { ++others; });
    for (auto& job : strangers) {
        dispatcher(job);
    }
    CHECK(others == 5);
}

TEST_CASE("the type of a message is its header") {
    CHECK(MessageOnly("1", R"({"type": "mail"})").message().type() == "mail");
    CHECK(MessageOnly("1", R"({"type": 5})").message().type().empty());
    CHECK(MessageOnly("1", "{}").message().type().empty());
    CHECK(MessageOnly("1", std::nullopt).message().type().empty());
    CHECK(MessageOnly("1", std::nullopt).message().headers_json() == nlohmann::json::object());
    CHECK(MessageOnly("[1]", std::nullopt).message().payload_json() == nlohmann::json::array({1}));
}

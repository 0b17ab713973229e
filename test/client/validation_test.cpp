// The rules a payload is checked by before it is sent.
#include "support.hpp"

using nlohmann::json;
using pgqrs::Validation;

namespace {

std::string refusal(const Validation& rules, const json& payload) {
    const auto error =
        test::raised<pgqrs::InvalidArgument>([&] { rules.check(payload, "payload 3"); });
    CHECK(error.sqlstate() == "PQ005");
    CHECK_THAT(error.what(), Catch::Matchers::StartsWith("payload 3"));
    return error.what();
}

bool accepts(const Validation& rules, const json& payload) {
    rules.check(payload, "payload");
    return true;
}

json nested(int depth) {
    json value = 1;
    for (int i = 1; i < depth; ++i) {
        value = i % 2 == 0 ? json{{"k", value}} : json::array({value});
    }
    return value;
}

}  // namespace

TEST_CASE("without rules everything but its size is accepted") {
    const Validation rules;
    for (const json& payload :
         {json(nullptr), json(1), json("x"), json::array(), json::object(), nested(50)}) {
        CHECK(accepts(rules, payload));
    }
}

TEST_CASE("the size is that of the text, and the limit itself is allowed") {
    Validation rules;
    rules.max_payload_bytes = 10;
    rules.check_size(10, "payload");
    const auto error =
        test::raised<pgqrs::InvalidArgument>([&] { rules.check_size(11, "payload 3"); });
    CHECK(error.sqlstate() == "PQ005");
    CHECK_THAT(error.what(), test::has("payload 3") && test::has("11") && test::has("10"));
}

TEST_CASE("strings and keys are measured in bytes, at any depth") {
    Validation rules;
    rules.max_string_length = 4;
    CHECK(accepts(rules, json{{"abcd", "abcd"}}));
    CHECK_THAT(refusal(rules, "abcde"), test::has("5"));
    refusal(rules, json{{"abcde", 1}});
    refusal(rules, json{{"a", json::array({1, json{{"b", "abcde"}}})}});
    refusal(rules, json{{"a", "\u00e4\u00e4\u00e4"}});
    CHECK(accepts(rules, json{{"a", "\u00e4\u00e4"}}));
    CHECK(accepts(rules, json{{"a", 1234567}}));
}

TEST_CASE("the depth of a scalar or an empty container is one") {
    Validation rules;
    rules.max_depth = 1;
    for (const json& payload : {json(1), json("x"), json::array(), json::object(), json(nullptr)}) {
        CHECK(accepts(rules, payload));
    }
    refusal(rules, json::array({1}));
    refusal(rules, json{{"a", 1}});
    rules.max_depth = 3;
    CHECK(accepts(rules, nested(3)));
    CHECK_THAT(refusal(rules, nested(4)), test::has("3"));
}

TEST_CASE("required keys are those of the payload itself, which must be an object") {
    Validation rules;
    rules.required_keys = {"user_id", "kind"};
    CHECK(accepts(rules, json{{"user_id", nullptr}, {"kind", "x"}, {"more", 1}}));
    CHECK_THAT(refusal(rules, json{{"user_id", 1}}), test::has("kind"));
    refusal(rules, json{{"inner", {{"user_id", 1}, {"kind", 1}}}});
    for (const json& payload :
         {json::array({"user_id", "kind"}), json("user_id"), json(nullptr), json::object()}) {
        refusal(rules, payload);
    }
}

TEST_CASE("forbidden keys are found at any depth, as values they are not keys") {
    Validation rules;
    rules.forbidden_keys = {"password"};
    CHECK(accepts(rules, json{{"a", "password"}, {"Password", 1}}));
    CHECK_THAT(refusal(rules, json{{"password", 1}}), test::has("password"));
    refusal(rules, json::array({1, json{{"a", json::array({json{{"password", nullptr}}})}}}));
}

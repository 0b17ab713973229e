// Names of queues and workers: lengths at and over the limit, allowed characters, and errors that stay readable.
#include <string>
#include <string_view>

#include "catch.hpp"
#include "core/names.hpp"
#include "raised.hpp"

namespace core = pgqrs::core;
using core::Error;
using core::SqlState;

namespace {

// Two bytes in UTF-8.
const std::string kUmlaut = "\xC3\xA4";
// Four bytes in UTF-8.
const std::string kEmoji = "\xF0\x9F\x90\x98";

std::string repeated(std::string_view part, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) {
        result += part;
    }
    return result;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Complete characters only: no sequence is cut short, none starts in the middle.
bool valid_utf8(std::string_view text) {
    std::size_t missing = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) == 0x80) {
            if (missing == 0) {
                return false;
            }
            --missing;
        } else if (missing != 0) {
            return false;
        } else {
            missing = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
        }
    }
    return missing == 0;
}

void check_queue_name_rejected(std::string_view name) {
    INFO("name: " << name);
    const Error error = raised([&] { core::check_queue_name(name); });
    CHECK(error.state() == SqlState::invalid_name);
    CHECK(error.message() == "invalid queue name \"" + std::string(name) + "\"");
    CHECK(contains(error.detail(), "A-Z"));
}

}  // namespace

TEST_CASE("the limit of names is 63 bytes") { CHECK(core::kMaxNameBytes == 63); }

TEST_CASE("queue names of 1 to 63 bytes of the allowed characters are accepted") {
    CHECK_NOTHROW(core::check_queue_name("a"));
    CHECK_NOTHROW(core::check_queue_name("0"));
    CHECK_NOTHROW(core::check_queue_name(std::string(63, 'q')));
    CHECK_NOTHROW(core::check_queue_name("Mails.high-priority_2"));
    for (const char* name : {".", "..", "-", "--", "_", "-a", "A", "Z", "z", "9"}) {
        INFO("name: " << name);
        CHECK_NOTHROW(core::check_queue_name(name));
    }
}

TEST_CASE("of all single bytes exactly the 65 allowed ones are queue names") {
    const std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    for (int byte = 0; byte < 256; ++byte) {
        const std::string name(1, static_cast<char>(byte));
        INFO("byte " << byte);
        if (allowed.find(name[0]) != std::string_view::npos) {
            CHECK_NOTHROW(core::check_queue_name(name));
        } else {
            check_queue_name_rejected(name);
        }
    }
}

TEST_CASE("a wrong byte is found wherever it stands in a queue name") {
    check_queue_name_rejected(" mails");
    check_queue_name_rejected("ma ils");
    check_queue_name_rejected("mails ");
    check_queue_name_rejected("mails\n");
    check_queue_name_rejected("\tmails");
    check_queue_name_rejected("mails\x7F");
    check_queue_name_rejected(std::string_view("mails\0", 6));
    check_queue_name_rejected("pgqrs.\"mails\"");
    check_queue_name_rejected("mails;drop");
    check_queue_name_rejected("m" + kUmlaut + "ils");
    check_queue_name_rejected(std::string(62, 'q') + "/");
}

TEST_CASE("an empty name is an error of its own, which says of what") {
    const Error queue = raised([] { core::check_queue_name(""); });
    CHECK(queue.state() == SqlState::invalid_name);
    CHECK(queue.message() == "queue name must not be empty");
    const Error worker = raised([] { core::check_worker_name(""); });
    CHECK(worker.state() == SqlState::invalid_name);
    CHECK(worker.message() == "worker name must not be empty");
}

TEST_CASE("a name of 64 bytes is too long; the error names both numbers") {
    const std::string name(64, 'q');
    const Error queue = raised([&] { core::check_queue_name(name); });
    CHECK(queue.state() == SqlState::invalid_name);
    CHECK(queue.message() == "queue name \"" + name + "\" is too long");
    CHECK(queue.detail() == "The name has 64 bytes; the limit is 63.");
    const Error worker = raised([&] { core::check_worker_name(name); });
    CHECK(worker.state() == SqlState::invalid_name);
    CHECK(worker.message() == "worker name \"" + name + "\" is too long");
    CHECK(worker.detail() == "The name has 64 bytes; the limit is 63.");
}

TEST_CASE("worker names are 1 to 63 bytes of anything") {
    CHECK_NOTHROW(core::check_worker_name("w"));
    CHECK_NOTHROW(core::check_worker_name(std::string(63, 'w')));
    CHECK_NOTHROW(core::check_worker_name("host 17, process 4711"));
    CHECK_NOTHROW(core::check_worker_name("worker\n"));
    CHECK_NOTHROW(core::check_worker_name("\x01\x7F"));
    CHECK_NOTHROW(core::check_worker_name(kEmoji));
}

TEST_CASE("worker names are measured in bytes, not in characters") {
    // 31 characters of two bytes and one of one: 63 bytes.
    CHECK_NOTHROW(core::check_worker_name(repeated(kUmlaut, 31) + "w"));
    const std::string name = repeated(kUmlaut, 32);
    const Error error = raised([&] { core::check_worker_name(name); });
    CHECK(error.state() == SqlState::invalid_name);
    CHECK(error.message() == "worker name \"" + name + "\" is too long");
    CHECK(error.detail() == "The name has 64 bytes; the limit is 63.");
}

TEST_CASE("a name is shown whole up to 80 bytes, then cut") {
    const std::string whole(80, 'q');
    CHECK(contains(raised([&] { core::check_queue_name(whole); }).message(), '"' + whole + '"'));
    const std::string cut(81, 'q');
    CHECK(contains(raised([&] { core::check_queue_name(cut); }).message(),
                   '"' + std::string(80, 'q') + "...\""));
}

TEST_CASE("a name of a megabyte gives a short message with its true length") {
    const std::string name(1024 * 1024, 'q');
    for (const Error& error : {raised([&] { core::check_queue_name(name); }),
                               raised([&] { core::check_worker_name(name); })}) {
        CHECK(error.message().size() < 130);
        CHECK(contains(error.message(), "qqq...\" is too long"));
        CHECK(error.detail() == "The name has 1048576 bytes; the limit is 63.");
    }
}

TEST_CASE("a name is cut between characters, wherever the cut would fall") {
    // Moves the characters past the place of the cut one byte at a time.
    for (const std::string& character : {kUmlaut, std::string("\xE2\x82\xAC"), kEmoji}) {
        for (std::size_t shift = 0; shift < character.size(); ++shift) {
            const std::string name = std::string(shift, 'w') + repeated(character, 1000);
            const Error error = raised([&] { core::check_worker_name(name); });
            INFO("message: " << error.message());
            CHECK(valid_utf8(error.message()));
            // Not more is cut away than needed.
            const std::size_t shown = shift + (80 - shift) / character.size() * character.size();
            CHECK(error.message() ==
                  "worker name \"" + name.substr(0, shown) + "...\" is too long");
        }
    }
}

TEST_CASE("a long name that is not UTF-8 is cut, too") {
    const Error error = raised([] { core::check_worker_name(std::string(100'000, '\x80')); });
    CHECK(error.state() == SqlState::invalid_name);
    CHECK(error.message().size() < 130);
}

TEST_CASE("the name of a queue with notify leaves room for the channel's prefix") {
    CHECK_NOTHROW(core::check_notify_name(std::string(57, 'q')));
    const Error error = raised([] { core::check_notify_name(std::string(58, 'q')); });
    CHECK(error.state() == SqlState::invalid_name);
    CHECK(error.detail().find("58 bytes; the limit is 57") != std::string::npos);
}

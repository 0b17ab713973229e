// What a procedure must not leave behind in a session for those who come after it.
#pragma once

#include <string>

namespace pgqrs::pg {

// Remembers who the session acts as, and where it looks for names. Call inside a transaction.
class SessionSettings {
public:
    SessionSettings();

    // Makes them what they were. A background worker gets all its settings as they were when it began, and temporary
    // tables, advisory locks, cursors and prepared statements go. A commit must follow, or settings come back.
    void restore() const;

private:
    std::string user_;
    std::string role_;
    std::string path_;
};

}  // namespace pgqrs::pg

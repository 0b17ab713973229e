#include "pg/boundary.hpp"

#include <cstring>
#include <new>

#include "pg/top_level.hpp"

namespace pgqrs::pg {
namespace {

// Copies what fits, cut between UTF-8 characters.
template <std::size_t Size>
void copy_text(char (&target)[Size], std::string_view source) noexcept {
    std::size_t length = source.size();
    if (length >= Size) {
        length = Size - 1;
        while (length > 0 && (static_cast<unsigned char>(source[length]) & 0xC0) == 0x80) {
            --length;
        }
    }
    std::memcpy(target, source.data(), length);
    target[length] = '\0';
}

}  // namespace

void PlainError::describe_current() noexcept {
    raised = true;
    try {
        throw;
    } catch (const Error& error) {
        postgres = error.data();
        if (postgres == nullptr) {
            copy_text(code, "53200");
            copy_text(message, error.what());
        }
    } catch (const core::Error& error) {
        copy_text(code, core::code_of(error.state()));
        copy_text(message, error.message());
        copy_text(detail, error.detail());
        copy_text(hint, error.hint());
    } catch (const FailedAgain& error) {
        copy_text(code, error.failure().code);
        copy_text(message, error.failure().message);
        copy_text(detail, error.failure().detail);
        copy_text(hint, error.failure().hint);
    } catch (const std::bad_alloc&) {
        copy_text(code, "53200");
        copy_text(message, "out of memory");
    } catch (const std::exception& error) {
        copy_text(message, error.what());
        copy_text(detail, "This is a defect of pgqrs.");
    } catch (...) {
        copy_text(message, "unknown exception");
        copy_text(detail, "This is a defect of pgqrs.");
    }
}

void raise(const PlainError& error) {
    if (error.postgres != nullptr) {
        ReThrowError(error.postgres);
    }
    ereport(ERROR, (errcode(MAKE_SQLSTATE(error.code[0], error.code[1], error.code[2],
                                          error.code[3], error.code[4])),
                    errmsg("%s", error.message),
                    error.detail[0] != '\0' ? errdetail("%s", error.detail) : 0,
                    error.hint[0] != '\0' ? errhint("%s", error.hint) : 0));
    pg_unreachable();
}

}  // namespace pgqrs::pg

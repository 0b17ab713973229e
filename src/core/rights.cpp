#include "core/rights.hpp"

#include "core/error.hpp"

namespace pgqrs::core {

Rights right_or_none(std::string_view name) {
    for (const Privilege& privilege : kPrivileges) {
        if (privilege.name == name) {
            return privilege.right;
        }
    }
    return Rights::none;
}

Rights right_named(std::string_view name) {
    const Rights right = right_or_none(name);
    if (right == Rights::none) {
        throw Error(SqlState::invalid_argument,
                    "unrecognized privilege \"" + std::string(name) + "\"", "",
                    "There are produce, consume, manage and monitor.");
    }
    return right;
}

std::string_view first_name(Rights rights) {
    for (const Privilege& privilege : kPrivileges) {
        if (overlap(rights, privilege.right)) {
            return privilege.name;
        }
    }
    return "";
}

}  // namespace pgqrs::core

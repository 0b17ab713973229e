#include "pg/json.hpp"

#include <string_view>

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

// The following run below a guard; they raise.

bool has_key(JsonbContainer& container, const std::string& key) {
    JsonbValue value;
    return JsonContainerIsObject(&container) &&
           getKeyJsonValueFromContainer(&container, key.data(), static_cast<int>(key.size()),
                                        &value) != nullptr;
}

// Its place in the list; the number of keys when it is not there.
std::size_t place_of(const JsonbValue& key, std::span<const std::string> keys) {
    const std::string_view name(key.val.string.val, static_cast<std::size_t>(key.val.string.len));
    std::size_t place = 0;
    while (place < keys.size() && keys[place] != name) {
        ++place;
    }
    return place;
}

JsonFault walk(JsonbContainer& root, const JsonRules& rules) {
    JsonbIterator* iterator = JsonbIteratorInit(&root);
    JsonbValue value;
    int open = 0;  // objects and arrays around the value
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        switch (JsonbIteratorNext(&iterator, &value, false)) {
            case WJB_DONE:
                return {};
            case WJB_END_ARRAY:
            case WJB_END_OBJECT:
                --open;
                break;
            case WJB_KEY:
                if (const std::size_t key = place_of(value, rules.forbidden);
                    key < rules.forbidden.size()) {
                    return {JsonFault::key_forbidden, key};
                }
                break;
            case WJB_BEGIN_ARRAY:
                // A scalar is kept as the only element of an array.
                if (value.val.array.rawScalar) {
                    return {};
                }
                [[fallthrough]];
            case WJB_BEGIN_OBJECT:
                ++open;
                if (rules.max_depth > 0 && open > rules.max_depth) {
                    return {JsonFault::too_deep};
                }
                break;
            default:
                if (rules.max_depth > 0 && open + 1 > rules.max_depth) {
                    return {JsonFault::too_deep};
                }
        }
    }
}

}  // namespace

JsonFault find_fault(const Json& json, const JsonRules& rules) {
    return guard([&]() -> JsonFault {
        JsonbContainer& root = DatumGetJsonbP(json.datum)->root;
        for (std::size_t key = 0; key < rules.required.size(); ++key) {
            if (!has_key(root, rules.required[key])) {
                return {JsonFault::key_missing, key};
            }
        }
        if (rules.max_depth == 0 && rules.forbidden.empty()) {
            return {};
        }
        return walk(root, rules);
    });
}

}  // namespace pgqrs::pg

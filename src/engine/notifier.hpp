// What the background worker does that sends the NOTIFYs of a database for the transactions that left
// notices (notify.hpp). The notices it has taken are its own until its transaction has committed; when
// it fails, or the process ends, they are on the list again.
#pragma once

#include <optional>

#include "pg/compat.hpp"

namespace pgqrs::engine {

// Takes the database's post. Nothing when the post is not to be had: nobody needs this worker. Otherwise
// how often it was started before and got nothing done.
std::optional<int> take_post(Oid database);

// Sends NOTIFY, in the transaction under way, for some notices; answers whether there were any.
bool send_notices();

// Call when that transaction has ended.
void notices_sent(bool committed) noexcept;

// Gives the post up unless there are notices or promises of some. The worker must end then.
bool give_up_post();

}  // namespace pgqrs::engine

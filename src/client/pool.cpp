#include "pgqrs/client/pool.hpp"

#include <utility>

namespace pgqrs {

Pool::Pool(Config config) : config_(std::move(config)) { config_.check(); }

Pool::Loan Pool::acquire() {
    std::unique_lock lock(mutex_);
    const auto available = [&] { return !idle_.empty() || open_ < config_.max_connections; };
    if (!returned_.wait_for(lock, config_.connection_timeout, available)) {
        throw PoolTimeout(
            Error::Parts{"53300", "no connection of the pool became free in time",
                         "All " + std::to_string(config_.max_connections) + " are in use.",
                         "Raise max_connections."});
    }
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->check_usable()) {
            return Loan(*this, std::move(connection));
        }
        --open_;
    }
    ++open_;
    lock.unlock();
    try {
        return Loan(*this, std::make_unique<Connection>(config_));
    } catch (...) {
        forget_one();
        throw;
    }
}

void Pool::forget_one() noexcept {
    const std::lock_guard lock(mutex_);
    --open_;
    returned_.notify_one();
}

int Pool::open_connections() const {
    const std::lock_guard lock(mutex_);
    return open_;
}

int Pool::idle_connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(idle_.size());
}

Pool::Loan& Pool::Loan::operator=(Loan&& other) noexcept {
    if (this != &other) {
        give_back();
        pool_ = other.pool_;
        connection_ = std::move(other.connection_);
    }
    return *this;
}

Pool::Loan::~Loan() { give_back(); }

void Pool::Loan::give_back() noexcept {
    if (!connection_) {
        return;
    }
    if (!connection_->usable() || connection_->in_transaction()) {
        connection_.reset();
        pool_->forget_one();
        return;
    }
    connection_->stop_with(nullptr);
    connection_->trace_with({});
    const std::lock_guard lock(pool_->mutex_);
    pool_->idle_.push_back(std::move(connection_));
    pool_->returned_.notify_one();
}

}  // namespace pgqrs

// Stands between a client and the server, on a TCP port of its own, and cuts connections when it is told to.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

class Proxy {
public:
    Proxy();
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    std::string dsn() const;

    // Cuts a connection once, when its client sends this text: before the server gets it, or when the server has done
    // it, before the client learns.
    void cut_before(const std::string& text) { arm(text, false); }
    void cut_after(const std::string& text) { arm(text, true); }
    // Cuts all connections now; with `refuse`, new ones as well, until accept_again().
    void cut_all(bool refuse = false);
    void accept_again() { refusing_ = false; }
    // Passes nothing on and closes nothing, as a network that is gone, until thaw().
    void freeze();
    void thaw() { frozen_ = false; }
    int cuts() const { return cuts_; }

private:
    struct Pair {
        int client;
        int server;
        bool doomed = false;
        std::string tail = {};  // the end of what the client sent: the text may come in two pieces
    };

    void arm(const std::string& text, bool after);
    void run();
    void accept_one();
    bool pass(Pair& pair, bool from_client);
    bool meets_text(Pair& pair, const std::string& data);
    void close_pair(const Pair& pair);

    int listener_ = -1;
    int port_ = 0;
    std::mutex mutex_;
    std::string text_;
    bool after_ = false;
    std::atomic<bool> ending_{false};
    std::atomic<bool> cutting_{false};
    std::atomic<bool> refusing_{false};
    std::atomic<bool> frozen_{false};
    std::atomic<bool> holding_{false};  // it has noticed
    std::atomic<int> cuts_{0};
    std::vector<Pair> pairs_;
    std::thread thread_;
};

}  // namespace test

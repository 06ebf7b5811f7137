// SPDX-License-Identifier: Apache-2.0
// The part of XRT's C++ interface that aiengine/graph/host.cpp uses, signatures only, as UG1076
// ("Controlling the Application with the XRT C++ API") and XRT's public headers have it.
#pragma once

#include <cstddef>
#include <string>

enum xclBOSyncDirection { XCL_BO_SYNC_BO_GMIO_TO_AIE, XCL_BO_SYNC_BO_AIE_TO_GMIO };

namespace xrt
{

class uuid
{
};

class device
{
public:
    explicit device(unsigned int index);
    uuid load_xclbin(const std::string& xclbin);
};

class bo
{
public:
    enum class flags { normal };
    class async_handle
    {
    public:
        void wait();
    };
    template <class T>
    T map();
};

namespace aie
{
class bo : public xrt::bo
{
public:
    bo(const xrt::device& device, size_t bytes, xrt::bo::flags flags, unsigned int group);
    async_handle async(const std::string& port, xclBOSyncDirection direction, size_t size,
                       size_t offset);
};
} // namespace aie

class graph
{
public:
    graph(const xrt::device& device, const uuid& xclbin, const std::string& name);
    void run(int iterations = 0);
    void end(int cycles = 0);
    template <class T>
    void update(const std::string& port, const T& value);
};

} // namespace xrt

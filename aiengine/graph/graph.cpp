// SPDX-License-Identifier: Apache-2.0
// The graph, and main() for x86simulator and aiesimulator: it updates the constants, then runs as
// many calls as the text files hold. On a board host.cpp does the same.

#include "graph.hpp"

SurmaxGraph surmax_graph;

#if (defined(__AIESIM__) || defined(__X86SIM__)) && !defined(SURMAX_GMIO)
int main()
{
    surmax_graph.init();
#if defined(SURMAX_FORM)
    for (unsigned k = 0; k < SurmaxGraph::KERNELS; ++k)
        surmax_graph.update(surmax_graph.heads[k], surmax::design::HEAD_WORDS,
                            surmax::design::HEADS);
#endif
    surmax_graph.run(surmax::design::CALLS);
    surmax_graph.end();
    return 0;
}
#endif

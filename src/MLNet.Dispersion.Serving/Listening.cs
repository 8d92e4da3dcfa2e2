using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MLNet.Dispersion.Serving;

/// <summary>Where a server listens, and what it puts up with before a request is looked at.</summary>
internal static class Listening
{
    /// <summary>Sets the address and the limits of the web server.</summary>
    internal static void At(KestrelServerOptions kestrel, ServingOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        if (IPAddress.TryParse(options.Address, out IPAddress? address))
        {
            kestrel.Listen(address, options.Port);
        }
        else if (options.Port == 0)
        {
            // No free port can be had at both of localhost's addresses at once.
            kestrel.Listen(IPAddress.Loopback, 0);
        }
        else
        {
            kestrel.ListenLocalhost(options.Port);
        }
    }
}

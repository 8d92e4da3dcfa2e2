using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>Where rank 0 listens to the others, as it tells them by MPI.</summary>
/// <param name="Name">Rank 0, for messages.</param>
/// <param name="Addresses">The addresses of its machine.</param>
/// <param name="Port">The port.</param>
/// <param name="Token">What a rank proves itself by.</param>
internal sealed record RankInvitation(string Name, string[] Addresses, int Port, byte[] Token)
{
    private const int TokenLength = 16;

    /// <summary>Makes one for a listener of this machine.</summary>
    internal static RankInvitation Of(TcpListener listener) => new(
        NameOf(0),
        [.. NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up || network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            .OrderBy(network => network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Where(address => address.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(address => address.Address.ToString())],
        ((IPEndPoint)listener.LocalEndpoint).Port,
        RandomNumberGenerator.GetBytes(TokenLength));

    /// <summary>What messages call a rank of this process.</summary>
    internal static string NameOf(int rank) => FormattableString.Invariant($"rank {rank} (process {Environment.ProcessId} on {Environment.MachineName})");

    internal static RankInvitation Read(byte[] bytes) => JsonSerializer.Deserialize<RankInvitation>(bytes)!;

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);
}

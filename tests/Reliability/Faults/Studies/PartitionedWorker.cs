using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>A worker in a network of its own, whose link to the study's server is cut for longer than its lease and mended, again and again; another worker stays with the server.</summary>
internal static class PartitionedWorker
{
    private const string Here = "10.79.0.1", There = "10.79.0.2", Local = "127.0.0.1";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);

    /// <summary>Cuts the link so many times; 1 where a trial was lost or doubled, or the worker did not come back.</summary>
    internal static async Task<int> RunAsync(int count)
    {
        string network = $"faults{Environment.ProcessId}", link = $"f{Environment.ProcessId}";
        try
        {
            Child.Tool("ip", "netns", "add", network);
            Child.Tool("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", network);
            Child.Tool("ip", "address", "add", $"{Here}/24", "dev", link);
            Child.Tool("ip", "link", "set", link, "up");
            Child.Tool("ip", "-n", network, "address", "add", $"{There}/24", "dev", "eth0");
            Child.Tool("ip", "-n", network, "link", "set", "lo", "up");
            Child.Tool("ip", "-n", network, "link", "set", "eth0", "up");
            return await CutAsync(count, network).ConfigureAwait(false);
        }
        finally
        {
            // The link goes with its network.
            Child.Tool("ip", "netns", "delete", network);
        }
    }

    private static async Task<int> CutAsync(int count, string network)
    {
        using var server = new PostgreSqlServer(Local, Here);
        var random = new Random(1);
        int trials = 20 * count, back = 0;
        using var workers = new StudyWorkers(server.ConnectionString(Local), trials, Lease);
        workers.OpenGate(3);
        workers.Start();
        Process far = workers.Start(server.ConnectionString(Here), null, "ip", "netns", "exec", network);
        for (int cut = 0; cut < count; cut++)
        {
            int before = workers.BegunBy(far);
            workers.OpenGate(((cut + 1) * trials / (count + 1)) + 3);
            back += workers.Begun(far, before + 1) ? 1 : 0;
            Child.Tool("ip", "-n", network, "link", "set", "eth0", "down");
            await Task.Delay(Lease * (1.5 + (2 * random.NextDouble()))).ConfigureAwait(false);
            Child.Tool("ip", "-n", network, "link", "set", "eth0", "up");
        }

        workers.OpenGate(trials);
        StudyFound found = await workers.EndAsync(TimeSpan.FromMinutes(5)).ConfigureAwait(false);
        Console.WriteLine("| cuts of 1.5 to 3.5 leases | the worker was back at work before the next | trials | begun again | lost | too many | run by two at once |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {count} | {back} | {found.Trials} | {found.Again} | {found.Lost} | {found.TooMany} | {found.AtOnce} |"));
        return found.Bad + (count - back) == 0 ? 0 : 1;
    }
}

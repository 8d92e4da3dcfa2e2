using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>A server of this program's own, with its data in a temporary folder; as root it runs as the user postgres.</summary>
internal sealed class PostgreSqlServer : IDisposable
{
    private const string User = "faults";
    private static readonly string Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin")).Where(folder => File.Exists(Path.Combine(folder, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault() ?? ""
        : "";

    private readonly TemporaryFolder _folder = new();
    private readonly string _addresses;
    private readonly FakeClock? _clock;
    private readonly int _port;

    /// <summary>Makes one and starts it.</summary>
    /// <param name="addresses">The addresses of this machine that it listens on.</param>
    internal PostgreSqlServer(params string[] addresses)
        : this(addresses, clock: null)
    {
    }

    /// <summary>Makes one, which libfaketime may tell the time, and starts it.</summary>
    /// <param name="addresses">The addresses of this machine that it listens on.</param>
    /// <param name="clock">Its clock; null for the machine's.</param>
    internal PostgreSqlServer(string[] addresses, FakeClock? clock)
    {
        _clock = clock;
        if (Programs.Length == 0)
        {
            throw new InvalidOperationException("PostgreSQL is not installed (on Debian: apt-get install postgresql).");
        }

        _addresses = string.Join(',', addresses);
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            _port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        if (IsRoot)
        {
            Child.Tool("chown", "postgres", _folder.Path);
        }

        Run(null, "initdb", "--pgdata", Data, "--auth", "trust", "--username", User, "--encoding", "UTF8", "--no-sync");
        File.AppendAllLines(Path.Combine(Data, "pg_hba.conf"), addresses.Select(address => $"host all all {address}/24 trust"));
        Start();
    }

    private static bool IsRoot => Environment.UserName == "root";

    private string Data => _folder.File("data");

    /// <summary>How to reach it by an address.</summary>
    internal string ConnectionString(string address) => string.Create(CultureInfo.InvariantCulture, $"Host={address};Port={_port};Database=postgres;Username={User};Timeout=5");

    /// <summary>Starts it.</summary>
    internal void Start() => Run(_clock, "pg_ctl", "start", "--wait", "--pgdata", Data, "--log", _folder.File("log"), "--options", string.Create(CultureInfo.InvariantCulture, $"-p {_port} -k {_folder.Path} -c listen_addresses={_addresses}"));

    /// <summary>Stops it as a crash would.</summary>
    internal void Stop() => Run(null, "pg_ctl", "stop", "--wait", "--mode", "immediate", "--pgdata", Data);

    public void Dispose()
    {
        try
        {
            Stop();
        }
        catch (InvalidOperationException)
        {
            // It does not run.
        }

        _folder.Dispose();
    }

    private static void Run(FakeClock? clock, string program, params string[] arguments)
    {
        string[] all = [.. IsRoot ? ["runuser", "-u", "postgres", "--"] : Array.Empty<string>(), Path.Combine(Programs, program), .. arguments];

        // The server inherits what is redirected, and would keep it open.
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$@\" > /dev/null 2>&1 < /dev/null", "sh", .. all]) { WorkingDirectory = "/" };
        clock?.Apply(start);
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>The documentation as a site: made by its one command without a warning, a page for each public type, shown by a browser.</summary>
[Trait("Category", "Long")]
public sealed class SiteTests
{
    private static readonly string Site = Path.Combine(Checkout.Folder, "artifacts", "site");

    [SkippableFact]
    public void Docfx_MakesTheSite_WithAPageForEachPublicType()
    {
        Skip.IfNot(Run("dotnet", "tool", "restore").Code == 0, "the documentation tool cannot be fetched");
        if (Directory.Exists(Site))
        {
            Directory.Delete(Site, recursive: true);
        }

        (int code, string output) = Run("dotnet", "docfx", "docfx.json", "--warningsAsErrors");

        Assert.True(code == 0, output);
        Assert.DoesNotContain("warning:", output, StringComparison.OrdinalIgnoreCase);
        string[] types = [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "MLNet.Dispersion*.dll").Where(file => !file.EndsWith(".Tests.dll", StringComparison.Ordinal)).SelectMany(PublicTypes)];
        Assert.True(types.Length > 300, $"{types.Length} types");
        Assert.DoesNotContain(types, type => !File.Exists(Path.Combine(Site, "api", type + ".html")));

        string? browser = Browser();
        Skip.If(browser is null, "no browser: the rest needs Chromium on the PATH");
        using var server = new SiteServer(Site);
        string first = Dom(browser!, server.Address + "index.html");
        Assert.Contains("Getting started", first, StringComparison.Ordinal);
        Assert.Contains("Reference", first, StringComparison.Ordinal);   // of the bar, which the page's script fetches
        string type1 = Dom(browser!, server.Address + "api/MLNet.Dispersion.PretrainedLanguageModel.html");
        Assert.Contains("ChangedFiles", type1, StringComparison.Ordinal);
        Assert.Empty(server.Missing);
    }

    private static IEnumerable<string> PublicTypes(string file)
    {
        using var reader = new PEReader(File.OpenRead(file));
        MetadataReader metadata = reader.GetMetadataReader();
        return [.. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name).Replace('`', '-')}")];
    }

    private static string? Browser() => new[] { "chromium", "chromium-browser", "google-chrome", "chrome" }
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    private static string Dom(string browser, string address)
    {
        string profile = Directory.CreateTempSubdirectory("site-browser-").FullName;
        try
        {
            return Run(browser, "--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={profile}", "--virtual-time-budget=20000", "--dump-dom", address).Output;
        }
        finally
        {
            Directory.Delete(profile, recursive: true);
        }
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Checkout.Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
    }

    /// <summary>Serves a folder on this machine alone: the site's scripts are modules, which browsers take from no file.</summary>
    private sealed class SiteServer : IDisposable
    {
        private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
        {
            [".html"] = "text/html; charset=utf-8", [".js"] = "text/javascript", [".css"] = "text/css", [".json"] = "application/json", [".svg"] = "image/svg+xml", [".png"] = "image/png",
        };

        private readonly HttpListener _listener = new();
        private readonly string _folder;
        private readonly Task _serving;

        internal SiteServer(string folder)
        {
            _folder = folder;
            int port = FreePort();
            Address = FormattableString.Invariant($"http://127.0.0.1:{port}/");
            _listener.Prefixes.Add(Address);
            _listener.Start();
            _serving = Task.Run(ServeAsync);
        }

        internal string Address { get; }

        internal List<string> Missing { get; } = [];

        public void Dispose()
        {
            _listener.Stop();
            _serving.Wait(TimeSpan.FromSeconds(10));
            _listener.Close();
        }

        private static int FreePort()
        {
            using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                string path = Path.Combine(_folder, context.Request.Url!.AbsolutePath.TrimStart('/'));
                if (File.Exists(path))
                {
                    context.Response.ContentType = Types.GetValueOrDefault(Path.GetExtension(path), "application/octet-stream");
                    await context.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(path));
                }
                else
                {
                    context.Response.StatusCode = 404;
                    if (!path.EndsWith("favicon.ico", StringComparison.Ordinal))
                    {
                        Missing.Add(path);
                    }
                }

                context.Response.Close();
            }
        }
    }
}

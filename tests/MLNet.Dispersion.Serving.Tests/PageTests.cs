using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>The page in headless Chromium.</summary>
public sealed class PageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serving-page-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Page_InChromium_ShowsTrafficGeometryAndTheAlarm()
    {
        string browser = Browser();
        await using RunningServer server = await RunningServer.Start(SavedModels.Embedder, options => options.Drift = new DriftOptions { SampleEvery = 1, BaselineTexts = 20, WindowTexts = 20, FalseAlarmRate = 0.01 });
        for (int i = 0; i < 40; i++)
        {
            await server.Json("/v1/embeddings", new { input = i < 20 ? $"refund my payment {i} please" : string.Join(' ', Enumerable.Repeat("bug", 15 + (i % 3))) });
        }

        await Waiting.Until(() => server.Engines.Watch!.IsAlarm && server.Engines.Watch.Picture().Figures.Count == 40);
        await Task.Delay(1100);
        (string dom, string log) = Open(browser, server.Address);

        Assert.True(dom.Contains("data-seen=\"yes\"", StringComparison.Ordinal), $"The page's script did not run.\n{log}");
        Assert.Equal("embedder", Content(dom, "model"));
        Assert.Contains("/v1/embeddings", Content(dom, "what"), StringComparison.Ordinal);
        Assert.Matches(@"^\d+\.\d$", Content(dom, "median"));
        Assert.Equal("0", Content(dom, "errors"));
        Assert.Contains("DRIFT", Content(dom, "alarm"), StringComparison.Ordinal);
        Assert.Contains("<p id=\"alarm\" class=\"on\">", dom, StringComparison.Ordinal);
        Assert.Contains("probability 0.01", Content(dom, "baseline"), StringComparison.Ordinal);
        Assert.Equal(40, Regex.Count(dom, "<circle class=\"dot\""));
        Assert.Single(Regex.Matches(dom, "<line class=\"late\""));
        Assert.Contains(Regex.Matches(dom, "<rect class=\"bar\"[^>]* height=\"([^\"]+)\"").Select(match => match.Groups[1].Value), height => height != "0");
        Assert.DoesNotContain(log.Split('\n'), line => line.Contains("CONSOLE", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Page_OfAServerWithKeys_AsksForOne()
    {
        string browser = Browser();
        await using RunningServer server = await RunningServer.Start(SavedModels.Embedder, options => options.ApiKeys = ["0123456789abcdef"]);
        (string dom, _) = Open(browser, server.Address);
        Assert.Contains("<form id=\"key\" class=\"asked\">", dom, StringComparison.Ordinal);
        Assert.DoesNotContain("/v1/embeddings", Content(dom, "what"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_LetsNothingInFromOutside_AndCanBeLeftOut()
    {
        await using (RunningServer server = await RunningServer.Start(SavedModels.Embedder))
        {
            using HttpResponseMessage page = await server.Client.GetAsync("/");
            string policy = page.Headers.GetValues("Content-Security-Policy").Single();
            string html = await page.Content.ReadAsStringAsync();
            string nonce = Regex.Match(policy, "script-src 'nonce-([^']+)'").Groups[1].Value;
            Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains($"<script nonce=\"{nonce}\">", html, StringComparison.Ordinal);
            Assert.DoesNotMatch("(src|href)=\"(https?:)?//", html);
            Assert.DoesNotContain(nonce, await server.Client.GetStringAsync("/"), StringComparison.Ordinal);
        }

        await using (RunningServer server = await RunningServer.Start(SavedModels.Embedder, options => options.ShowPage = false))
        {
            Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/stats")).StatusCode);
        }
    }

    private static string Content(string dom, string id) => WebUtility.HtmlDecode(Regex.Match(dom, $"<[a-z0-9]+ id=\"{id}\"[^>]*>(.*?)</", RegexOptions.Singleline).Groups[1].Value);

    private static string Browser()
    {
        string[] names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
        string? found = names.SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Skip.If(found is null, "no browser: this test needs Chromium on the PATH (Debian: apt-get install chromium)");
        return found!;
    }

    private (string Dom, string Log) Open(string browser, Uri page)
    {
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--enable-logging=stderr", "--no-proxy-server",
            $"--user-data-dir={Path.Combine(_folder, "profile")}", "--virtual-time-budget=3000", "--dump-dom", page.AbsoluteUri,
        ];
        using var process = Process.Start(new ProcessStartInfo(browser, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> log = process.StandardError.ReadToEndAsync();
        Task<string> dom = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(90)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("The browser did not finish within 90 seconds.");
        }

        return (dom.Result, log.Result);
    }
}

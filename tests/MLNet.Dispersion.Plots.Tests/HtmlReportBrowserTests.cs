using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Plots.Tests;

/// <summary>The page in headless Chromium, as it is written: a frame around it, made for the test, looks at it and clicks.</summary>
public sealed class HtmlReportBrowserTests : IDisposable
{
    private const int Blocks = 11;

    // The page's policy lets no script in; one of another page may look in from outside when files count as one origin.
    private const string Observer = """
        <!DOCTYPE html><meta charset="utf-8"><title>observer</title>
        <iframe src="report.html" width="1000" height="6000"></iframe><iframe id="still" src="report.html" sandbox="allow-same-origin"></iframe><pre id="seen"></pre>
        <script>
        onload = async () => {
          const page = document.querySelector("iframe").contentDocument;
          await page.fonts.ready;
          const table = [...page.querySelectorAll("table.sortable")].at(-1);
          const column = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent.trim() === "eff. rank");
          const shown = () => [...table.tBodies[0].rows].map(row => Number(row.cells[column].dataset.value));
          const head = table.tHead.rows[0].cells[column];
          const seen = { title: page.title, rows: table.tBodies[0].rows.length, before: shown() };
          seen.focusable = head.querySelector("button").tabIndex >= 0;
          head.querySelector("button").click();
          seen.ascending = shown(); seen.sort1 = head.getAttribute("aria-sort");
          head.querySelector("button").click();
          seen.descending = shown(); seen.sort2 = head.getAttribute("aria-sort");
          seen.pictures = [...page.querySelectorAll("figure svg")].map(svg => { const box = svg.getBBox(); return Math.min(box.width, box.height); });
          seen.texts = [...page.querySelectorAll("figure svg text")].map(text => text.getBBox().width);
          seen.images = [...page.querySelectorAll("figure svg image")].map(image => image.getBBox().width);
          seen.brokenImages = [...page.images].filter(image => image.naturalWidth === 0).length;
          seen.fonts = [...page.fonts].map(font => font.status);
          seen.overflow = page.documentElement.scrollWidth - page.documentElement.clientWidth;
          const still = document.getElementById("still").contentDocument;
          seen.stillButtons = still.querySelectorAll("button").length;
          seen.stillRows = [...still.querySelectorAll("table.sortable")].at(-1).tBodies[0].rows.length;
          document.getElementById("seen").textContent = JSON.stringify(seen);
        };
        </script>
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("plots-browser-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Page_InChromium_ShowsItsPicturesSortsItsTableAndKeepsItWithoutJavaScript()
    {
        string browser = Browser();
        HtmlReport.Write(Path.Combine(_folder, "report.html"), new HtmlReportContent([SyntheticReports.Condensing(Blocks), SyntheticReports.Dispersed(Blocks)])
        {
            Title = "Report <of> two & more",
            Trainings = [("with dispersion", SyntheticReports.History(true))],
        });
        File.WriteAllText(Path.Combine(_folder, "observer.html"), Observer);

        (string dom, string log) = Open(browser, "observer.html");
        string json = System.Net.WebUtility.HtmlDecode(Regex.Match(dom, "<pre id=\"seen\">(.*?)</pre>", RegexOptions.Singleline).Groups[1].Value);
        Assert.False(string.IsNullOrEmpty(json), $"The page did not load or its script failed.\n{log}");
        JsonElement seen = JsonDocument.Parse(json).RootElement;

        Assert.Equal("Report <of> two & more", seen.GetProperty("title").GetString());
        Assert.Equal(Blocks + 1, seen.GetProperty("rows").GetInt32());
        Assert.True(seen.GetProperty("focusable").GetBoolean());
        double[] before = Numbers(seen, "before");
        Assert.Equal(before.Order(), Numbers(seen, "ascending"));
        Assert.Equal(before.OrderDescending(), Numbers(seen, "descending"));
        Assert.Equal(("ascending", "descending"), (seen.GetProperty("sort1").GetString(), seen.GetProperty("sort2").GetString()));
        Assert.Equal(6, Numbers(seen, "pictures").Length);
        Assert.All(Numbers(seen, "pictures"), size => Assert.True(size > 200));
        Assert.All(Numbers(seen, "texts"), width => Assert.True(width > 2));
        Assert.Equal(2, Numbers(seen, "images").Count(width => width > 5));
        Assert.Equal(0, seen.GetProperty("brokenImages").GetInt32());
        Assert.Equal(["loaded", "loaded"], seen.GetProperty("fonts").EnumerateArray().Select(font => font.GetString()));
        Assert.Equal(0, seen.GetProperty("overflow").GetInt32());

        // The same page in a frame without JavaScript, about which alone the browser complains.
        Assert.Equal((0, Blocks + 1), (seen.GetProperty("stillButtons").GetInt32(), seen.GetProperty("stillRows").GetInt32()));
        Assert.DoesNotContain(log.Split('\n'), line => line.Contains("CONSOLE", StringComparison.Ordinal) && !line.Contains("sandboxed", StringComparison.Ordinal));
    }

    private static double[] Numbers(JsonElement seen, string name) => [.. seen.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static string Browser()
    {
        string[] names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
        string? found = names.SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Skip.If(found is null, "no browser: this test needs Chromium on the PATH (Debian: apt-get install chromium)");
        return found!;
    }

    private (string Dom, string Log) Open(string browser, string page)
    {
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--enable-logging=stderr", "--allow-file-access-from-files",
            $"--user-data-dir={Path.Combine(_folder, "profile")}", "--virtual-time-budget=5000", "--dump-dom", new Uri(Path.Combine(_folder, page)).AbsoluteUri,
        ];
        using var process = Process.Start(new ProcessStartInfo(browser, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> log = process.StandardError.ReadToEndAsync();
        Task<string> dom = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("The browser did not finish within 60 seconds.");
        }

        return (dom.Result, log.Result);
    }
}

using System.Text.Json;

namespace MLNet.Dispersion.Serving.Tests;

public sealed class DriftTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(50, 50, 0.05)]
    [InlineData(200, 200, 0.05)]
    [InlineData(20, 20, 0.05)]
    [InlineData(200, 20, 0.05)]
    public void Alarm_WithoutDrift_IsRaisedAsOftenAsSaid(int baseline, int window, double rate)
    {
        // Figures as skewed and bounded as cosines are.
        var random = new Random(7);
        const int Trials = 1000;
        int alarms = Enumerable.Range(0, Trials).Count(_ =>
        {
            var alarm = new DriftAlarm(baseline, window, rate);
            DriftWindow? found = null;
            for (int i = 0; i < baseline + window; i++)
            {
                found = alarm.Add(Math.Pow(random.NextDouble(), 3), default);
            }

            return found!.IsAlarm;
        });

        // Four standard deviations of a binomial about the rate.
        double spread = 4 * Math.Sqrt(Trials * rate * (1 - rate));
        Assert.InRange(alarms, (Trials * rate) - spread, (Trials * rate) + spread);
    }

    [Fact]
    public void Alarm_OfAShift_IsRaisedAndEndsWithIt()
    {
        var random = new Random(3);
        var alarm = new DriftAlarm(100, 100, 0.001);
        var windows = new List<DriftWindow>();
        for (int i = 0; i < 500; i++)
        {
            double shift = i is >= 200 and < 400 ? 0.1 : 0;
            if (alarm.Add(0.5 + shift + (0.1 * random.NextDouble()), DateTimeOffset.UnixEpoch.AddSeconds(i)) is { } window)
            {
                windows.Add(window);
            }
        }

        Assert.Equal([false, true, true, false], windows.Select(window => window.IsAlarm));
        Assert.Equal(0.65, windows[1].Mean.Estimate, 0.02);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(299), windows[1].At);
    }

    [Fact]
    public async Task Watch_OfServedTexts_TakesABaselineToAFileAndTellsOfOtherTexts()
    {
        string file = Path.Combine(_folder, "baseline.json");
        DriftOptions drift = new() { SampleEvery = 1, BaselineTexts = 20, WindowTexts = 20, BaselinePath = file, FalseAlarmRate = 0.01 };
        double[] expected = Expected("refund my payment please the invoice");
        await using (RunningServer server = await RunningServer.Start(SavedModels.Embedder, options => options.Drift = drift))
        {
            await Send(server, i => $"refund my payment please the invoice {Word(i)}", 20);
            JsonElement geometry = await Geometry(server, found => found.GetProperty("isWatching").GetBoolean());
            Assert.Equal(20, geometry.GetProperty("baselineTexts").GetInt32());
            Assert.Equal(expected[0], geometry.GetProperty("baseline").GetProperty("mean").GetDouble(), 0.2);
        }

        Assert.True(File.Exists(file));
        Assert.DoesNotContain("refund", await File.ReadAllTextAsync(file), StringComparison.Ordinal);

        // After a restart the file is the baseline; texts of one word again and again have a geometry of their own.
        await using (RunningServer server = await RunningServer.Start(SavedModels.Embedder, options => options.Drift = drift))
        {
            await Send(server, i => string.Join(' ', Enumerable.Repeat("bug", 15 + (i % 3))), 20);
            JsonElement geometry = await Geometry(server, found => found.GetProperty("windows").GetArrayLength() > 0);
            Assert.True(geometry.GetProperty("isAlarm").GetBoolean());
            Assert.True(server.Engines.Watch!.IsAlarm);
            Assert.Contains("drifts", server.Logs.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Watch_WithTexts_MeasuresThemFirst()
    {
        string file = Path.Combine(_folder, "texts.txt");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 25).Select(i => $"refund my {Word(i)} again"));
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier, options => options.Drift = new DriftOptions { BaselinePath = file, BaselineTexts = 20 });
        Assert.Equal(20, (await Geometry(server, found => found.GetProperty("isWatching").GetBoolean())).GetProperty("baselineTexts").GetInt32());
    }

    [Fact]
    public void Watch_WithAFileOfAnotherModel_IsRefused()
    {
        string file = Path.Combine(_folder, "baseline.json");
        new DriftBaseline("another", 128, [.. Enumerable.Repeat(0.5, 30)]).Write(file);
        Assert.Contains("another", Refusal(file), StringComparison.Ordinal);
        new DriftBaseline("embedder", 64, [.. Enumerable.Repeat(0.5, 30)]).Write(file);
        Assert.Contains("64", Refusal(file), StringComparison.Ordinal);
        new DriftBaseline("embedder", 128, [.. Enumerable.Repeat(0.5, 30), double.NaN]).Write(file);
        Assert.Contains("from -1 to 1", Refusal(file), StringComparison.Ordinal);
        File.WriteAllText(file, "{}");
        Assert.Contains(file, Refusal(file), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "few.txt"), "one\ntwo\n");
        Assert.Contains("2 texts", Refusal(Path.Combine(_folder, "few.txt")), StringComparison.Ordinal);
    }

    private static string Refusal(string file) =>
        Assert.Throws<ModelFileException>(() => DispersionServer.Create(new ServingOptions { ModelPath = SavedModels.Embedder, Drift = new DriftOptions { BaselinePath = file } })).Message;

    private static double[] Expected(string text)
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        return [CondensationProbe.Measure(model.Backbone, [model.Tokenizer.Encode(text).Ids], 128, histograms: false).Layers[^1].MeanCosineOffDiagonal];
    }

    private static string Word(int i) => new[] { "courier", "tracking", "broken", "money", "today" }[i % 5];

    private static async Task Send(RunningServer server, Func<int, string> text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await server.Json("/v1/embeddings", new { input = text(i) });
        }
    }

    private static async Task<JsonElement> Geometry(RunningServer server, Func<JsonElement, bool> reached)
    {
        for (int i = 0; i < 1200; i++)
        {
            JsonElement geometry = JsonDocument.Parse(await server.Client.GetStringAsync("/stats")).RootElement.GetProperty("geometry");
            if (reached(geometry))
            {
                return geometry;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("The geometry was not measured in time.");
    }
}

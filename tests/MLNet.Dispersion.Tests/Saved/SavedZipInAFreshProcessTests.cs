using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>
/// A program that names none of our types loads what earlier versions saved, from the name of the assembly and of the loader that the zip holds: it must find
/// them, whatever this version's assemblies and namespaces are called.
/// </summary>
public sealed class SavedZipInAFreshProcessTests
{
    [Theory]
    [InlineData("0.1.0", "classifier-zips", "chain", "", "PredictedLabel Score")]
    [InlineData("0.1.0", "regression-zips", "llama", "regression", "Score")]
    [InlineData("0.1.0", "language-model-zips", "gpt2", "language", "Features TokenCount LogLikelihood Perplexity Written")]
    [InlineData("0.1.0", "geometry-zips", "fresh-process", "geometry", "Geometry.MeanCosine Geometry.EffectiveRank Geometry.TrendSpearman Geometry.TrendKendall Geometry.TokenCount")]
    public async Task Load_InAProcessThatNeverNamedOurTypes_AnswersAsItDid(string version, string kind, string name, string mode, string columns)
    {
        JsonNode answers = SavedFiles.Case(version, kind, name)["answers"]!["columns"]!;
        SavedRow[] rows = ZipAnswers.Rows("bill");
        string texts = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(texts, rows.Select(row => row.Text));

            string[] lines = await RunAsync("FreshProcessLoad.dll", [Path.Combine(SavedFiles.Folder(version, kind), name + ".zip"), texts, .. mode.Length > 0 ? new[] { mode } : []]);

            // From Transform first, then from a prediction engine. Its rows have no label, which a classifier does not need.
            Assert.Equal("loaded before: False", lines[0]);
            Assert.Equal(1 + (2 * rows.Length), lines.Length);
            for (int i = 1; i < lines.Length; i++)
            {
                int row = (i - 1) % rows.Length;
                JsonArray expected = new([.. columns.Split(' ').SelectMany(column => Words(answers[column]!["values"]![row], column == "Written"))]);
                JsonArray found = new([.. lines[i].Split(' ').Select(Word)]);
                List<string> differences = SavedAnswers.Differences(expected, found);
                Assert.True(differences.Count == 0, $"line {i}: {string.Join('\n', differences.Take(10))}");
            }
        }
        finally
        {
            File.Delete(texts);
        }
    }

    /// <summary>The words of one value, as the program writes them: texts that a model wrote by their bytes.</summary>
    private static IEnumerable<JsonNode?> Words(JsonNode? value, bool bytes) => value switch
    {
        JsonArray values => values.SelectMany(inner => Words(inner, bytes)),
        _ when value!.GetValueKind() == JsonValueKind.String => [Word(bytes ? Convert.ToHexString(Encoding.UTF8.GetBytes((string)value!)) : (string)value!)],
        _ => [value!.DeepClone()],
    };

    private static JsonNode? Word(string word) => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? SavedAnswers.Number(number) : word;

    private static async Task<string[]> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}{await output}");
        return [.. (await output).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0)];
    }
}

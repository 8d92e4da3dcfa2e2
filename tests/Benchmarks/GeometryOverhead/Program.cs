using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.GeometryOverhead;

var texts = new Option<int>("--texts") { Description = "Texts of 512 tokens.", DefaultValueFactory = _ => 100 };
var rounds = new Option<int>("--rounds") { Description = "Rounds; medians are printed.", DefaultValueFactory = _ => 3 };
var root = new RootCommand("How much longer a condensation report takes than its forward passes alone, one line of JSON for each report.") { texts, rounds };
root.SetAction(arguments =>
{
    string[] sample = Subject.Texts(arguments.GetValue(texts));
    int someSpectra = Math.Max(1, sample.Length * new CondensationReportOptions().SpectrumTexts / 100);
    (string Name, int SpectrumTexts, bool Histograms)[] reports =
    [
        ("mean cosines", 0, false), ("and histograms", 0, true), ($"and spectra of {someSpectra} of them", someSpectra, true), ("and spectra of all texts", int.MaxValue, true),
    ];
    foreach (Func<PretrainedLanguageModel> load in new[] { Subject.Tiny, Subject.Gpt2Small })
    {
        using PretrainedLanguageModel model = load();
        var clock = new Stopclock(model, sample);
        clock.Forward();
        foreach (var (name, spectrumTexts, histograms) in reports)
        {
            double[] ratios = [.. Enumerable.Range(0, arguments.GetValue(rounds)).Select(_ => clock.Report(spectrumTexts, histograms) / clock.Forward()).Order()];
            Console.WriteLine(JsonSerializer.Serialize(
                new { model = model.Name, texts = sample.Length, report = name, rounds = ratios.Length, timesForward = Math.Round(ratios[ratios.Length / 2], 3), least = Math.Round(ratios[0], 3), most = Math.Round(ratios[^1], 3) },
                JsonSerializerOptions.Web));
        }
    }
});
return root.Parse(args).Invoke();

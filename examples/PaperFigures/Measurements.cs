using System.Security.Cryptography;
using System.Text;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.PaperFigures;

/// <summary>Measures every model on every kind of texts. Reports are kept in the output folder, so the same command goes on where an interrupted one stopped.</summary>
/// <param name="folder">Where reports are kept.</param>
/// <param name="options">Of each measurement.</param>
internal sealed class Measurements(string folder, CondensationReportOptions options)
{
    private readonly List<Measured> _done = [];
    private readonly List<string> _failures = [];

    /// <summary>What was measured, model by model.</summary>
    public IReadOnlyList<Measured> Done => _done;

    /// <summary>What could not be, one sentence each.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Measures; a model that cannot be measured does not keep the others from it.</summary>
    public void Run(IReadOnlyList<NamedModel> models, IReadOnlyList<TextSource> sources) => AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(context =>
        {
            foreach (NamedModel model in models)
            {
                ProgressTask task = context.AddTask(Markup.Escape(model.Name), maxValue: sources.Count);
                try
                {
                    var files = new Lazy<ModelSource>(model.Open);
                    foreach (TextSource source in sources)
                    {
                        double before = task.Value;
                        CondensationReport report = Measure(model, source, files, share => task.Value = before + share);
                        task.Value = before + 1;
                        _done.Add(new Measured(model, source, report));
                    }
                }
                catch (Exception e) when (e is ModelFileException or HubException or ArgumentException or FormatException or InvalidOperationException or IOException or UnauthorizedAccessException)
                {
                    _failures.Add($"{model.Name}: {e.Message}");
                    task.StopTask();
                }
            }
        });

    private CondensationReport Measure(NamedModel model, TextSource source, Lazy<ModelSource> files, Action<double> share)
    {
        string file = Path.Combine(folder, FileName(model, source));
        if (!File.Exists(file))
        {
            CondensationReportOptions own = options.Clone();
            own.ModelName = model.Name;
            own.Progress = new Reporter(share);
            CondensationReport.Measure(files.Value, source.Passages, own).Save(file);
        }

        return CondensationReport.Load(file);
    }

    /// <summary>A name that other texts or other options do not have, so that nothing stale is read.</summary>
    private string FileName(NamedModel model, TextSource source)
    {
        string what = string.Join('\n', [model.Name, FormattableString.Invariant($"{options.MinTokens} {options.MaxTokens} {options.SpectrumTexts} {options.ConeTexts}"), .. source.Passages]);
        string name = string.Concat($"{model.Name}.{source.Name}".Select(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' ? character : '-'));
        return $"{name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)))[..8]}.json";
    }

    private sealed class Reporter(Action<double> share) : IProgress<CondensationProgress>
    {
        public void Report(CondensationProgress value) => share(value.Share);
    }
}

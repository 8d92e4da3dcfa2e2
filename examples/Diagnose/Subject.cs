using Microsoft.ML;
using MLNet.Dispersion.Diagnostics;
using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion.Examples.Diagnose;

/// <summary>A model to measure: the embedded one, a checkpoint directory, or a saved ML.NET model with a fine-tuned transformer in it.</summary>
internal sealed class Subject(string? path)
{
    private string Name => path is null ? Backbone.TinyEnglish.Name : Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path));

    /// <summary>Measures it under a progress bar.</summary>
    /// <exception cref="UserException">The path names no model, or a damaged one.</exception>
    public CondensationReport Measure(IEnumerable<string> texts, CondensationReportOptions options) => MeasuringBar.Run(Name, bar =>
    {
        options.Progress = bar;
        try
        {
            return File.Exists(path)
                ? MeasureModelFile(texts, options)
                : CondensationReport.Measure(path is null ? Backbone.TinyEnglish : Backbone.FromDirectory(path), texts, options);
        }
        catch (Exception e) when (e is CheckpointException or ArgumentException or FormatException or InvalidOperationException)
        {
            throw new UserException($"{Name}: {e.Message}");
        }
    });

    private CondensationReport MeasureModelFile(IEnumerable<string> texts, CondensationReportOptions options)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(path!, out _);
        try
        {
            return ml.MeasureCondensation(ml.Data.LoadFromEnumerable(texts.Select(text => new Row { Text = text })), nameof(Row.Text), model, options);
        }
        finally
        {
            (model as IDisposable)?.Dispose();
        }
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";
    }
}

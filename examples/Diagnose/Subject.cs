using Microsoft.ML;

namespace MLNet.Dispersion.Examples.Diagnose;

/// <summary>A model to measure: the embedded one, a checkpoint directory, a GGUF file, or a saved ML.NET model with a fine-tuned transformer in it.</summary>
internal sealed class Subject
{
    private readonly string? _path;

    /// <summary>Names a model; nothing is read yet.</summary>
    /// <exception cref="UserException">There is nothing at the path.</exception>
    public Subject(string? path)
    {
        _path = path is null || Directory.Exists(path) || File.Exists(path)
            ? path
            : throw new UserException($"There is no model at '{path}'. Name a directory with config.json, model.safetensors and tokenizer files, a GGUF file, or a model.zip that ML.NET saved.");
    }

    private bool IsGguf => Path.GetExtension(_path)?.Equals(".gguf", StringComparison.OrdinalIgnoreCase) == true;

    private string Name => _path is null ? ModelSource.TinyEnglish.Name : Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(_path));

    /// <summary>Measures it under a progress bar.</summary>
    /// <exception cref="UserException">The path names no model, or a damaged one.</exception>
    public CondensationReport Measure(IEnumerable<string> texts, CondensationReportOptions options) => MeasuringBar.Run(Name, bar =>
    {
        options.Progress = bar;
        options.ModelName = Name;
        try
        {
            return File.Exists(_path) && !IsGguf
                ? MeasureModelFile(texts, options)
                : CondensationReport.Measure(_path is null ? ModelSource.TinyEnglish : IsGguf ? ModelSource.FromGguf(_path) : ModelSource.FromDirectory(_path), texts, options);
        }
        catch (Exception e) when (e is ModelFileException or ArgumentException or FormatException or InvalidOperationException)
        {
            throw new UserException($"{Name}: {e.Message}");
        }
    });

    private CondensationReport MeasureModelFile(IEnumerable<string> texts, CondensationReportOptions options)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(_path!, out _);
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

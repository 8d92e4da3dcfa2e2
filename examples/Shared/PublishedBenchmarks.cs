namespace MLNet.Dispersion.Examples;

/// <summary>The ten benchmarks of the paper, as far as their data are at hand.</summary>
internal static class PublishedBenchmarks
{
    private const int Count = 10;

    /// <summary>Those whose data a folder has, such as <c>piqa/eval.jsonl</c>, in the published order.</summary>
    /// <exception cref="UserException">It has none.</exception>
    public static BenchmarkTask[] In(DirectoryInfo folder)
    {
        BenchmarkTemplate[] published = [.. BenchmarkTask.BuiltInNames.Take(Count).Select(BenchmarkTemplate.BuiltIn)];
        BenchmarkTask[] found = [.. published.Where(template => FilesOf(template).All(file => File.Exists(Path.Combine(folder.FullName, file)))).Select(template => BenchmarkTask.FromTemplate(template, folder.FullName))];
        return found.Length > 0 ? found : throw new UserException($"{folder.FullName} has data of none of the published benchmarks: no {string.Join(", ", published.SelectMany(FilesOf).Distinct())}.");
    }

    private static IEnumerable<string> FilesOf(BenchmarkTemplate template) => template.FewShotData is { } examples ? [template.Data, examples] : [template.Data];
}

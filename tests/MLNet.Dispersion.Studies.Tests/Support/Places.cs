namespace MLNet.Dispersion.Studies.Tests.Support;

/// <summary>A study of a name of its own in each kind of storage.</summary>
internal sealed class Places : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _study = PostgreSql.NewStudy();

    /// <summary>Opens the study; a second time, too, except in memory.</summary>
    public async Task<IStudyStorage> OpenAsync(string kind, StudyDefinition? definition = null)
    {
        definition = (definition ?? Studies.Definition()) with { Name = _study };
        return kind switch
        {
            "memory" => await SqliteStudyStorage.OpenInMemoryAsync(definition),
            "file" => await SqliteStudyStorage.OpenAsync(_folder.File("study.db"), definition),
            _ => await PostgreSqlStudyStorage.OpenAsync(PostgreSql.ConnectionString, definition),
        };
    }

    public void Dispose() => _folder.Dispose();
}

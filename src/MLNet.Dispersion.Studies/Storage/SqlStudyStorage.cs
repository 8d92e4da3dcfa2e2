using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace MLNet.Dispersion.Studies;

/// <summary>Keeps a study in a database, with the same tables and rules in each; <see cref="SqliteStudyStorage"/> opens it in SQLite. Thread-safe.</summary>
/// <remarks>The tables are study_schema, study, trial and intermediate. Transactions run one after the other on one connection, which is made anew when it broke.</remarks>
public sealed class SqlStudyStorage : IStudyStorage
{
    private const string Mine = "study = @study AND number = @number AND attempt = @attempt AND worker = @worker AND state = 1";
    private readonly SqlDialect _dialect;
    private readonly SqlTransactions _transactions;
    private readonly LeaseWatch _leases = new();
    private long _study;

    private SqlStudyStorage(SqlDialect dialect, StudyDefinition definition, TimeSpan patience)
    {
        (_dialect, Definition) = (dialect, definition);
        _transactions = new SqlTransactions(dialect, patience);
    }

    /// <inheritdoc/>
    public StudyDefinition Definition { get; }

    /// <summary>Opens a study, or creates it.</summary>
    /// <param name="dialect">The database.</param>
    /// <param name="definition">What the study is.</param>
    /// <param name="patience">How long a transaction is tried again after an error that may pass, from 0.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The storage; the caller disposes it.</returns>
    /// <exception cref="StudyStorageException">The database cannot be used within that time, its tables are of a newer version, or it holds a study of this name with another space, seed or objectives.</exception>
    /// <exception cref="ArgumentException">The definition is not complete.</exception>
    public static async Task<SqlStudyStorage> OpenAsync(SqlDialect dialect, StudyDefinition definition, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(definition);
        definition.Validate();
        var storage = new SqlStudyStorage(dialect, definition, patience);
        try
        {
            await storage._transactions.RunAsync(session => StudySchema.MigrateAsync(session, dialect, StudySchema.Version), cancellationToken).ConfigureAwait(false);
            storage._study = await storage._transactions.RunAsync(storage.FindOrCreateAsync, cancellationToken).ConfigureAwait(false);
            return storage;
        }
        catch
        {
            await storage.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task EnqueueAsync(string kind, ParameterSet parameters, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(kind);
        if (kind == Trial.SampledKind)
        {
            throw new ArgumentException($"'{kind}' is the kind of trials that the sampler draws; give this one a word of its own.", nameof(kind));
        }

        Definition.Space.Validate(parameters);
        return ChangeAsync(async session =>
        {
            if (await session.ScalarAsync<long>("SELECT COUNT(*) FROM trial WHERE study = @study AND kind = @kind", ("study", _study), ("kind", kind)).ConfigureAwait(false) == 0)
            {
                await InsertAsync(session, await NextNumberAsync(session).ConfigureAwait(false), kind, parameters.ToJson()).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TrialClaim?> ClaimAsync(string worker, int maxTrials, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(worker);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTrials);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return ChangeAsync(async session =>
        {
            List<HeldTrial> held = await session.ReadAsync(
                $"SELECT number, attempt, COALESCE(lease_end, 0), COALESCE(lease, @lease), {_dialect.Now} FROM trial WHERE study = @study AND state = 1 ORDER BY number",
                row => new HeldTrial(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), TimeSpan.FromMilliseconds(row.GetInt64(3)), row.GetInt64(4)),
                ("study", _study), ("lease", (long)lease.TotalMilliseconds)).ConfigureAwait(false);
            long? number = _leases.Lapsed(held)
                ?? await session.ScalarAsync<long>("SELECT number FROM trial WHERE study = @study AND state = 0 ORDER BY number LIMIT 1", ("study", _study)).ConfigureAwait(false);
            if (number is null)
            {
                long next = await NextNumberAsync(session).ConfigureAwait(false);
                if (next >= maxTrials)
                {
                    return null;
                }

                await InsertAsync(session, next, Trial.SampledKind, null).ConfigureAwait(false);
                number = next;
            }

            await session.ExecuteAsync(
                $"UPDATE trial SET state = 1, attempt = attempt + 1, worker = @worker, started = {_dialect.Now}, lease = @lease, lease_end = {_dialect.Now} + @lease WHERE study = @study AND number = @number",
                ("worker", worker), ("lease", (long)lease.TotalMilliseconds), ("study", _study), ("number", number)).ConfigureAwait(false);
            await ForgetIntermediateAsync(session, number.Value).ConfigureAwait(false);
            Trial trial = (await session.ReadAsync($"SELECT {TrialRows.Columns} FROM trial WHERE study = @study AND number = @number", row => TrialRows.Read(row, Definition.Space), ("study", _study), ("number", number)).ConfigureAwait(false))[0];
            return new TrialClaim { Number = trial.Number, Attempt = trial.Attempt, Worker = worker, Trial = trial };
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> SetParametersAsync(TrialClaim claim, ParameterSet parameters, CancellationToken cancellationToken = default)
    {
        Definition.Space.Validate(parameters);
        return UpdateAsync(claim, "parameters = @parameters", ("parameters", parameters.ToJson()), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> HeartbeatAsync(TrialClaim claim, TimeSpan lease, CancellationToken cancellationToken = default) =>
        UpdateAsync(claim, $"lease = @lease, lease_end = {_dialect.Now} + @lease", ("lease", (long)lease.TotalMilliseconds), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReportAsync(TrialClaim claim, IntermediateValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentOutOfRangeException.ThrowIfLessThan(value.Step, 1, nameof(value));
        return ChangeAsync(async session => await IsMineAsync(session, claim).ConfigureAwait(false) && await session.ExecuteAsync(
            "INSERT INTO intermediate (study, number, step, value) VALUES (@study, @number, @step, @value) ON CONFLICT (study, number, step) DO UPDATE SET value = excluded.value",
            ("study", _study), ("number", (long)claim.Number), ("step", (long)value.Step), ("value", double.IsNaN(value.Value) ? null : value.Value)).ConfigureAwait(false) == 1, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> FinishAsync(TrialClaim claim, TrialOutcome outcome, IReadOnlyDictionary<string, string> notes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(notes);
        if (outcome.State == TrialState.Completed && outcome.Values.Count != Definition.Objectives.Count)
        {
            throw new ArgumentException($"Trial {claim.Number} ended with {outcome.Values.Count} values; the study has {Definition.Objectives.Count} objectives: {string.Join(", ", Definition.Objectives.Select(objective => objective.Name))}.", nameof(outcome));
        }

        return ChangeAsync(async session =>
        {
            int changed = await session.ExecuteAsync(
                $"UPDATE trial SET state = @state, finished = {_dialect.Now}, objective_values = @values, failure = @failure, notes = @notes, lease_end = NULL WHERE {Mine}",
                [.. Own(claim), ("state", (long)outcome.State), ("values", outcome.Values.Count == 0 ? null : JsonSerializer.Serialize(outcome.Values)), ("failure", TrialRows.Storable(outcome.FailureReason)), ("notes", JsonSerializer.Serialize(notes))]).ConfigureAwait(false);

            // Where the answer to an earlier attempt was lost, the trial is finished already, by this very claim.
            return changed == 1 || await session.ScalarAsync<long>(
                "SELECT COUNT(*) FROM trial WHERE study = @study AND number = @number AND attempt = @attempt AND worker = @worker AND state = @state",
                [.. Own(claim), ("state", (long)outcome.State)]).ConfigureAwait(false) == 1;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> ReleaseAsync(TrialClaim claim, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return ChangeAsync(async session =>
        {
            bool mine = await session.ExecuteAsync($"UPDATE trial SET state = 0, lease_end = NULL WHERE {Mine}", Own(claim)).ConfigureAwait(false) == 1;
            if (mine)
            {
                await ForgetIntermediateAsync(session, claim.Number).ConfigureAwait(false);
            }

            return mine;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> WithdrawAsync(TrialClaim claim, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return ChangeAsync(async session =>
        {
            if (await NextNumberAsync(session).ConfigureAwait(false) == claim.Number + 1)
            {
                return await session.ExecuteAsync($"DELETE FROM trial WHERE {Mine}", Own(claim)).ConfigureAwait(false) == 1;
            }

            await session.ExecuteAsync(
                $"UPDATE trial SET state = 4, finished = {_dialect.Now}, lease_end = NULL, failure = 'The sampler had no further point.' WHERE {Mine}", Own(claim)).ConfigureAwait(false);
            return false;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Trial>> TrialsAsync(CancellationToken cancellationToken = default) => _transactions.RunAsync(async session =>
    {
        var intermediate = (await session.ReadAsync(
            "SELECT number, step, value FROM intermediate WHERE study = @study ORDER BY number, step",
            row => (Number: (int)row.GetInt64(0), Value: new IntermediateValue { Step = (int)row.GetInt64(1), Value = row.IsDBNull(2) ? double.NaN : row.GetDouble(2) }),
            ("study", _study)).ConfigureAwait(false)).ToLookup(row => row.Number, row => row.Value);
        List<Trial> trials = await session.ReadAsync($"SELECT {TrialRows.Columns} FROM trial WHERE study = @study ORDER BY number", row => TrialRows.Read(row, Definition.Space), ("study", _study)).ConfigureAwait(false);
        return (IReadOnlyList<Trial>)[.. trials.Select(trial => trial with { Intermediate = [.. intermediate[trial.Number]] })];
    }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _transactions.DisposeAsync();

    private async Task<long> FindOrCreateAsync(SqlSession session)
    {
        if (_dialect.LockSchema is { } hold)
        {
            await session.ExecuteAsync(hold).ConfigureAwait(false);
        }

        string objectives = JsonSerializer.Serialize(Definition.Objectives), space = Definition.Space.ToJson();
        var found = await session.ReadAsync(
            "SELECT id, seed, objectives, space FROM study WHERE name = @name", row => (Id: row.GetInt64(0), Seed: row.GetInt64(1), Objectives: row.GetString(2), Space: row.GetString(3)), ("name", Definition.Name)).ConfigureAwait(false);
        if (found.Count == 0)
        {
            long id = await session.ScalarAsync<long>("SELECT COALESCE(MAX(id), 0) + 1 FROM study").ConfigureAwait(false) ?? 1;
            await session.ExecuteAsync(
                "INSERT INTO study (id, name, seed, objectives, space) VALUES (@id, @name, @seed, @objectives, @space)",
                ("id", id), ("name", Definition.Name), ("seed", Definition.Seed), ("objectives", objectives), ("space", space)).ConfigureAwait(false);
            return id;
        }

        CheckSame("seed", found[0].Seed.ToString(CultureInfo.InvariantCulture), Definition.Seed.ToString(CultureInfo.InvariantCulture));
        CheckSame("objectives", found[0].Objectives, objectives);
        CheckSame("search space", found[0].Space, space);
        return found[0].Id;
    }

    private void CheckSame(string what, string stored, string given)
    {
        if (stored != given)
        {
            throw new StudyStorageException($"The study '{Definition.Name}' in {_dialect.Place} has another {what}: it was begun with {stored}, and is opened with {given}. Go on with the former, or give the new study a name (or place) of its own.");
        }
    }

    private Task<T> ChangeAsync<T>(Func<SqlSession, Task<T>> body, CancellationToken cancellationToken) => _transactions.RunAsync(async session =>
    {
        if (_dialect.LockStudy is { } hold)
        {
            await session.ExecuteAsync(hold, ("study", _study)).ConfigureAwait(false);
        }

        return await body(session).ConfigureAwait(false);
    }, cancellationToken);

    private Task<bool> UpdateAsync(TrialClaim claim, string assignment, (string Name, object? Value) value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return ChangeAsync(async session => await session.ExecuteAsync($"UPDATE trial SET {assignment} WHERE {Mine}", [.. Own(claim), value]).ConfigureAwait(false) == 1, cancellationToken);
    }

    private (string Name, object? Value)[] Own(TrialClaim claim) => [("study", _study), ("number", (long)claim.Number), ("attempt", (long)claim.Attempt), ("worker", claim.Worker)];

    private async Task<bool> IsMineAsync(SqlSession session, TrialClaim claim) =>
        await session.ScalarAsync<long>($"SELECT COUNT(*) FROM trial WHERE {Mine}", Own(claim)).ConfigureAwait(false) == 1;

    private async Task<long> NextNumberAsync(SqlSession session) =>
        await session.ScalarAsync<long>("SELECT COUNT(*) FROM trial WHERE study = @study", ("study", _study)).ConfigureAwait(false) ?? 0;

    private Task<int> InsertAsync(SqlSession session, long number, string kind, string? parameters) => session.ExecuteAsync(
        "INSERT INTO trial (study, number, state, kind, attempt, parameters) VALUES (@study, @number, 0, @kind, 0, @parameters)",
        ("study", _study), ("number", number), ("kind", kind), ("parameters", parameters));

    private Task<int> ForgetIntermediateAsync(SqlSession session, long number) =>
        session.ExecuteAsync("DELETE FROM intermediate WHERE study = @study AND number = @number", ("study", _study), ("number", number));
}

/// <summary>Runs transactions one after the other on one connection, which is made anew when it broke; tries again, with growing pauses, what may succeed then.</summary>
internal sealed class SqlTransactions : IAsyncDisposable
{
    private static readonly ResiliencePropertyKey<long> Begun = new("begun");
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly SqlDialect _dialect;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ResiliencePipeline _retry;
    private readonly TimeSpan _patience;
    private DbConnection? _connection;
    private bool _disposed;

    /// <summary>Transactions on a database.</summary>
    /// <param name="dialect">The database.</param>
    /// <param name="patience">How long a transaction is tried again.</param>
    internal SqlTransactions(SqlDialect dialect, TimeSpan patience)
    {
        (_dialect, _patience) = (dialect, patience);
        _retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            // The attempts themselves take time, too (a host that does not answer, a file that is held): patience is measured by the clock.
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } error && dialect.IsTransient(error)
                && Stopwatch.GetElapsedTime(arguments.Context.Properties.GetValue(Begun, 0)) < patience),
            BackoffType = DelayBackoffType.Exponential,
            Delay = FirstPause,
            MaxDelay = LongestPause,
            MaxRetryAttempts = int.MaxValue,
            UseJitter = true,
        }).Build();
    }

    /// <summary>Runs a transaction; it may run more than once, and each time all of it or nothing.</summary>
    /// <exception cref="StudyStorageException">It did not succeed within the time allowed, or cannot.</exception>
    internal async Task<T> RunAsync<T>(Func<SqlSession, Task<T>> body, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, nameof(IStudyStorage));
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Begun, Stopwatch.GetTimestamp());
        try
        {
            return await _retry.ExecuteAsync(async attempt => await OnceAsync(body, attempt.CancellationToken).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        catch (DbException error)
        {
            string tried = _dialect.IsTransient(error) ? string.Create(CultureInfo.InvariantCulture, $" It was tried again for {_patience.TotalSeconds:0.#} seconds.") : "";
            throw new StudyStorageException($"The study in {_dialect.Place} cannot be used: {error.Message.TrimEnd('.')}.{tried} {_dialect.Cure(error)} What was written before is still there.", error);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await DropAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task<T> OnceAsync<T>(Func<SqlSession, Task<T>> body, CancellationToken cancellationToken)
    {
        try
        {
            _connection ??= await _dialect.ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using DbTransaction transaction = await _dialect.BeginAsync(_connection, cancellationToken).ConfigureAwait(false);
            T result = await body(new SqlSession(_connection, transaction, cancellationToken)).ConfigureAwait(false);

            // Not to be cancelled half-way: whether it took effect must be known.
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            return result;
        }
        catch (DbException)
        {
            // Whatever is wrong with it, the next attempt has a new one.
            await DropAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task DropAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>How trials lie in their table.</summary>
internal static class TrialRows
{
    /// <summary>The columns that <see cref="Read"/> reads, in order.</summary>
    internal const string Columns = "number, state, kind, attempt, parameters, worker, started, finished, objective_values, failure, notes";

    /// <summary>Text that every database takes: PostgreSQL refuses a character of code 0 and half a surrogate pair, which messages of native code and cut-off texts hold.</summary>
    internal static string? Storable(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');

    /// <summary>The trial in a row.</summary>
    /// <exception cref="StudyStorageException">Somebody else changed the row.</exception>
    internal static Trial Read(DbDataReader row, SearchSpace space)
    {
        try
        {
            return ReadColumns(row, space);
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidCastException or ArgumentOutOfRangeException)
        {
            throw new StudyStorageException($"Trial {row.GetInt64(0)} of the study cannot be read: {error.Message} Its row was changed by something other than this library: restore a copy, or begin a new study.", error);
        }
    }

    private static Trial ReadColumns(DbDataReader row, SearchSpace space) => new()
    {
        Number = (int)row.GetInt64(0),
        State = State(row.GetInt64(1)),
        Kind = row.GetString(2),
        Attempt = (int)row.GetInt64(3),
        Parameters = Text(row, 4) is { } parameters ? ParameterSet.Parse(parameters, space) : null,
        Worker = Text(row, 5),
        StartedUtc = Time(row, 6),
        FinishedUtc = Time(row, 7),
        Values = Text(row, 8) is { } values ? Filled(JsonSerializer.Deserialize<double[]>(values), "values") : [],
        FailureReason = Text(row, 9),
        Notes = Text(row, 10) is { } notes ? Filled(JsonSerializer.Deserialize<Dictionary<string, string>>(notes), "notes") : [],
    };

    private static TrialState State(long number) => number is >= 0 and <= (long)TrialState.Failed
        ? (TrialState)number
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"its state is {number}, which this library does not know."));

    private static T Filled<T>(T? read, string name) => read ?? throw new FormatException($"its {name} are null.");

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTime? Time(DbDataReader row, int column) => row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column)).UtcDateTime;
}
